import type { Socket } from 'node:net';
import { RefusedError, systemCode, UnavailableError } from '../base/errors.js';
import { connectToUnixSocket } from '../base/unix-socket.js';
import { readMessage } from './message-reader.js';
import { type ControlRequest, type ControlResponse, responseSchema } from './schema.js';

/** A whole scrollback with colours. */
const MAX_RESPONSE_BYTES = 256 * 1024 * 1024;
/** `restart` waits for a command to end; everything else is done in milliseconds. */
const ANSWER_LIMIT_MS = 60_000;

/**
 * Asks the gateway of a home.
 *
 * @returns undefined when none is running there.
 * @throws UnavailableError when it does not answer in time; RefusedError when the socket is not ours.
 */
export async function askControl(
  path: string,
  request: ControlRequest,
): Promise<ControlResponse | undefined> {
  const socket = await connectToUnixSocket(path);
  if (socket === undefined) return undefined;
  socket.setTimeout(ANSWER_LIMIT_MS, () => {
    socket.destroy(new UnavailableError('triad does not answer', { hint: 'see its log' }));
  });
  socket.write(`${JSON.stringify(request)}\n`);
  const response = responseSchema.safeParse(await readAnswer(socket));
  if (!response.success) throw new RefusedError('control socket: got an answer of another version');
  return response.data;
}

async function readAnswer(socket: Socket): Promise<unknown> {
  try {
    return await readMessage(socket, MAX_RESPONSE_BYTES);
  } catch (error) {
    if (!['ECONNRESET', 'EPIPE'].includes(systemCode(error) ?? '')) throw error;
    throw new UnavailableError('triad ended before it answered', { hint: 'see: triad status' });
  }
}
