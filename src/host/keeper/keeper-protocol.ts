import { constants } from 'node:os';
import { InvariantError, TriadError } from '../../base/errors.js';
import { visible } from '../../base/visible.js';

/**
 * What manager and keeper say to each other (`keeper.cc` is the other end).
 *
 * To the keeper: 4 bytes of length, big endian, then fields separated by NUL, the verb first:
 * `start` CWD COUNT NAME=VALUE... ARGV..., `signal` NUMBER, `note` TEXT.
 * From the keeper: its whole state as one line of JSON, at first and after each change.
 */
export interface KeeperState {
  readonly running: boolean;
  /** The command's process id and process group; null while it does not run. */
  readonly pid: number | null;
  /** How often the command was started in this pane. */
  readonly starts: number;
  /** Epoch ms of the last start; null before the first. */
  readonly startedAt: number | null;
  /** How the last run that is over ended; null before that. */
  readonly exit: CommandExit | null;
  /** The pane is gone; the keeper ends its command, and then itself. */
  readonly hungUp: boolean;
}

interface CommandExit {
  /** 0 where a signal ended it; 127: not found, 126: found but could not be run. */
  readonly status: number;
  /** Signal number, 0 where it exited by itself. */
  readonly signal: number;
  /** Epoch ms. */
  readonly at: number;
}

export interface StartRequest {
  readonly cwd: string;
  /** Added to what the keeper has from tmux. */
  readonly env: Readonly<Record<string, string>>;
  readonly argv: readonly string[];
}

/** The keeper closes a connection that announces more. */
export const MAX_MESSAGE_BYTES = 1024 * 1024;
/** A state takes less than 256 bytes; whoever sends more is no keeper. */
export const MAX_LINE_BYTES = 1024;

/** The other end of a keeper's socket said something that no keeper says. */
export class KeeperProtocolError extends TriadError {
  override name = 'KeeperProtocolError';
  readonly code = 'keeper-protocol';
}

/** @throws InvariantError for a request that cannot be said: no argv, a NUL, more than 1 MiB. */
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
  const state = asState(asRecord(parseJson(line)));
  if (state === undefined) {
    throw new KeeperProtocolError(`expected a keeper's state, got ${visible(line)}`);
  }
  return state;
}

function asState(fields: Readonly<Record<string, unknown>>): KeeperState | undefined {
  const { running } = fields;
  const pid = asCount(fields['pid']);
  const starts = asCount(fields['starts']);
  const startedAt = asCount(fields['startedAt']);
  const exit = asExit(fields['exit']);
  if (pid === undefined || starts === undefined || startedAt === undefined) return undefined;
  if (exit === undefined || running !== pid > 0) return undefined;
  return {
    running: pid > 0,
    pid: pid > 0 ? pid : null,
    starts,
    startedAt: starts > 0 ? startedAt : null,
    exit,
    hungUp: fields['hungUp'] === true,
  };
}

function asExit(value: unknown): CommandExit | null | undefined {
  if (value === null) return null;
  const fields = asRecord(value);
  const status = asCount(fields['status']);
  const signal = asCount(fields['signal']);
  const at = asCount(fields['at']);
  if (status === undefined || signal === undefined || at === undefined) return undefined;
  return { status, signal, at };
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

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

/** The fields of an object; none of anything else. */
function asRecord(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

function asCount(value: unknown): number | undefined {
  return Number.isSafeInteger(value) && Number(value) >= 0 ? Number(value) : undefined;
}
