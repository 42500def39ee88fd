import { createConnection, type Socket } from 'node:net';
import { messageOf, RefusedError, UnavailableError } from '../../base/errors.js';
import { readJsonLine } from '../../base/json-line.js';
import { outputOf } from './door-failure.js';
import { type DoorRequest, doorAnswerSchema } from './schema.js';

/** Room for a whole scrollback with colours. */
const MAX_ANSWER_BYTES = 256 * 1024 * 1024;
const ANSWER_LIMIT_MS = 60_000;

/**
 * Asks the pane door, from within a pane.
 *
 * @param path is that of the door's socket, whose owner is not checked: installed, it is another user.
 * @returns what goes to standard output.
 * @throws the error that the host answered with; UnavailableError when nobody answers.
 */
export async function askDoor(path: string, request: DoorRequest): Promise<string> {
  const answer = doorAnswerSchema.safeParse(await exchange(path, request));
  if (!answer.success) throw new RefusedError('the pane door gave an answer of another version');
  return outputOf(answer.data);
}

async function exchange(path: string, request: DoorRequest): Promise<unknown> {
  const socket: Socket = createConnection(path);
  socket.setTimeout(ANSWER_LIMIT_MS, () => socket.destroy());
  try {
    const answer = readJsonLine(socket, MAX_ANSWER_BYTES);
    // The token goes first: the door judges it before it reads anything else.
    const { token, target, ask } = request;
    socket.write(`${JSON.stringify({ token, target, ask })}\n`);
    return await answer;
  } catch (error) {
    throw new UnavailableError(`the pane door does not answer: ${messageOf(error)}`, {
      hint: 'the host of this session may be away; try again later',
      cause: error,
    });
  } finally {
    socket.destroy();
  }
}
