import type { Socket } from 'node:net';
import { RefusedError, systemCode, UnavailableError } from '../../base/errors.js';
import { readJsonLines } from '../../base/json-line.js';
import { connectToUnixSocket } from '../../base/unix-socket.js';
import type { AnswerPiece } from '../commands/command-outcome.js';
import { answerSchema, type ControlRequest, type ControlResponse } from './schema.js';

/** Longest answer: a whole scrollback with colours. */
const MAX_RESPONSE_BYTES = 256 * 1024 * 1024;
/** Longest silence of a gateway at work, which gives a sign of life four times as often. */
const SILENCE_LIMIT_MS = 60_000;

export interface ControlReader {
  /** Takes each piece of an answer that goes on. */
  readonly onPiece?: (piece: AnswerPiece) => void;
  /** Aborted when nobody wants the answer any more. */
  readonly signal?: AbortSignal;
}

/**
 * Asks the gateway of a home.
 *
 * @returns undefined when none is running there.
 * @throws UnavailableError when it does not answer in time, or ends before; BusyError where it can take nobody; RefusedError when the
 * socket is not ours; the signal's reason.
 */
export async function askControl(
  path: string,
  request: ControlRequest,
  reader: ControlReader = {},
): Promise<ControlResponse | undefined> {
  const socket = await connectToUnixSocket(path);
  if (socket === undefined) return undefined;
  socket.setTimeout(SILENCE_LIMIT_MS, () => {
    socket.destroy(new UnavailableError('triad does not answer', { hint: 'see its log' }));
  });
  const stop = () => socket.destroy();
  reader.signal?.addEventListener('abort', stop, { once: true });
  socket.write(`${JSON.stringify(request)}\n`);
  try {
    return await readAnswer(socket, reader);
  } catch (error) {
    reader.signal?.throwIfAborted();
    if (!ENDED.has(systemCode(error) ?? '')) throw error;
    // Without a file descriptor it has closed the socket, which a new connection is told.
    (await connectToUnixSocket(path))?.destroy();
    throw new UnavailableError('triad ended before it had answered', { hint: 'see: triad status' });
  } finally {
    reader.signal?.removeEventListener('abort', stop);
  }
}

const ENDED = new Set(['ECONNRESET', 'EPIPE', 'ERR_STREAM_PREMATURE_CLOSE']);

async function readAnswer(socket: Socket, { onPiece }: ControlReader): Promise<ControlResponse> {
  for await (const message of readJsonLines(socket, MAX_RESPONSE_BYTES)) {
    const answer = answerSchema.safeParse(message);
    if (!answer.success) throw new RefusedError('control socket: got an answer of another version');
    if ('exitCode' in answer.data) return answer.data;
    if ('kind' in answer.data) onPiece?.(answer.data);
  }
  throw new UnavailableError('triad ended before it had answered', { hint: 'see: triad status' });
}
