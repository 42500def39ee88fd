import { constants } from 'node:os';
import { InvariantError, TriadError } from '../../base/errors.js';
import { readJson } from '../../base/schema.js';
import { visible } from '../../base/visible.js';
import { type KeeperState, keeperStateSchema } from './schema.js';

/**
 * What manager and keeper say to each other (`keeper.cc` is the other end).
 *
 * To the keeper: 4 bytes of length, big endian, then fields separated by NUL, the verb first:
 * `start` CWD COUNT NAME=VALUE... ARGV..., `signal` NUMBER, `note` TEXT.
 * From the keeper: its whole state as one line of JSON, at first and after each change.
 */
export interface StartRequest {
  readonly cwd: string;
  /** Variables that are added to the environment that the keeper has from tmux. */
  readonly env: Readonly<Record<string, string>>;
  readonly argv: readonly string[];
}

/** The keeper closes a connection that announces more. */
export const MAX_MESSAGE_BYTES = 1024 * 1024;
/** A state takes less than 256 bytes: what sends more in a line is no keeper. */
export const MAX_LINE_BYTES = 1024;

/** The other end of a keeper's socket broke the protocol. */
export class KeeperProtocolError extends TriadError {
  override name = 'KeeperProtocolError';
  readonly code = 'keeper-protocol';
}

/** @throws InvariantError for a request that cannot be sent: without argv, with a NUL, over 1 MiB. */
export function encodeStart(request: StartRequest): Buffer {
  if (request.argv.length === 0) throw new InvariantError('argv must name a program, got none');
  const env = Object.entries(request.env).map(([name, value]) => `${variableName(name)}=${value}`);
  return encodeMessage(['start', request.cwd, String(env.length), ...env, ...request.argv]);
}

export function encodeSignal(signal: NodeJS.Signals): Buffer {
  return encodeMessage(['signal', String(constants.signals[signal])]);
}

export function encodeNote(text: string): Buffer {
  return encodeMessage(['note', text]);
}

/** @throws KeeperProtocolError unless `line` is a keeper's state. */
export function parseState(line: string): KeeperState {
  const state = readJson(keeperStateSchema, line);
  if (state === undefined) {
    throw new KeeperProtocolError(`expected a keeper's state, got ${visible(line)}`);
  }
  return state;
}

function encodeMessage(fields: readonly string[]): Buffer {
  if (fields.some((field) => field.includes('\0'))) {
    throw new InvariantError(`a keeper's ${fields[0] ?? ''} must not contain NUL`);
  }
  const payload = Buffer.from(fields.join('\0'));
  if (payload.length > MAX_MESSAGE_BYTES) {
    throw new InvariantError(
      `a keeper's message must have at most ${MAX_MESSAGE_BYTES} bytes, got ${payload.length}`,
    );
  }
  const length = Buffer.alloc(4);
  length.writeUInt32BE(payload.length);
  return Buffer.concat([length, payload]);
}

function variableName(name: string): string {
  if (name === '' || name.includes('=')) {
    throw new InvariantError(`not the name of an environment variable: ${visible(name)}`);
  }
  return name;
}
