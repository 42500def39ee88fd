import { createConnection, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { DeadlineError, systemCode, UnavailableError } from '../../base/errors.js';
import {
  encodeNote,
  encodeSignal,
  encodeStart,
  KeeperProtocolError,
  MAX_LINE_BYTES,
  MAX_MESSAGE_BYTES,
  parseState,
  type StartRequest,
} from './keeper-protocol.js';
import type { KeeperState } from './schema.js';

export interface KeeperConnectionOptions {
  readonly socketPath: string;
  /** How long a keeper that was just started may take until it answers. */
  readonly deadlineMs: number;
  readonly abort?: AbortSignal;
}

/** The pause between two attempts: a keeper listens some milliseconds after tmux has started it. */
const RETRY_MS = 10;
/** How much may wait for the keeper, which reads at once unless it was stopped; more is an error. */
const MAX_UNSENT_BYTES = 4 * MAX_MESSAGE_BYTES;
/** How long `close` waits until the keeper has taken the last messages. */
const CLOSE_LIMIT_MS = 1000;

/**
 * Owns the manager's end of the connection with a pane's keeper, which runs the pane's command (`keeper.cc`).
 * Promises that closing it changes nothing in the pane, and that the next connection is told the same state. It
 * must never put what a command gets into an argument list, where others could read it (proc(5), cmdline).
 */
export class KeeperConnection implements AsyncDisposable {
  /** Resolves when the connection is closed; with the error where there was one. */
  readonly closed: Promise<Error | undefined>;
  readonly #socket: Socket;
  readonly #listeners = new Set<(state: KeeperState) => void>();
  #line = '';
  #state: KeeperState = {
    ...{ running: false, pid: null, starts: 0, startedAt: null, exit: null, hungUp: false },
  };
  #failure: Error | undefined;

  /**
   * Connects, and tries again while nobody listens yet.
   *
   * @throws DeadlineError when no keeper has told its state in time; the reason of `abort`;
   * UnavailableError when the socket cannot be used at all.
   */
  static async connect(options: KeeperConnectionOptions): Promise<KeeperConnection> {
    const timeout = AbortSignal.timeout(options.deadlineMs);
    const abort = options.abort === undefined ? timeout : AbortSignal.any([timeout, options.abort]);
    while (!abort.aborted) {
      const connection = await KeeperConnection.#tryConnect(options.socketPath, abort);
      if (connection !== undefined) return connection;
      await delay(RETRY_MS);
    }
    options.abort?.throwIfAborted();
    throw new DeadlineError(`the keeper at ${options.socketPath}`, options.deadlineMs);
  }

  /** Tries to connect once; undefined when there is no keeper yet, or none any more. */
  static async #tryConnect(
    path: string,
    abort: AbortSignal,
  ): Promise<KeeperConnection | undefined> {
    const connection = new KeeperConnection(createConnection(path));
    const giveUp = () => connection.#socket.destroy();
    abort.addEventListener('abort', giveUp);
    let stopListening: () => void = () => undefined;
    const told = new Promise<true>((resolve) => {
      stopListening = connection.onState(() => resolve(true));
    });
    const outcome = await Promise.race([told, connection.closed]);
    stopListening();
    abort.removeEventListener('abort', giveUp);
    if (outcome === true) return connection;
    if (outcome === undefined || isNotThere(outcome)) return undefined;
    throw new UnavailableError('the keeper cannot be reached', { cause: outcome });
  }

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('data', (bytes) => this.#receive(bytes.toString('latin1')));
    socket.on('error', (error) => this.#fail(error));
    this.closed = new Promise((resolve) => {
      socket.on('close', () => resolve(this.#failure));
    });
  }

  /** The state that the keeper told last. */
  get state(): KeeperState {
    return this.#state;
  }

  /**
   * Calls `listener` for each state from now on, not for the present one.
   *
   * @returns a function that stops this.
   */
  onState(listener: (state: KeeperState) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /**
   * Starts the command, unless one runs already. A command that cannot be run ends with status 127 or
   * 126, as in sh(1p), EXIT STATUS. After the connection was closed nothing happens.
   */
  start(request: StartRequest): void {
    this.#send(encodeStart(request));
  }

  /** Sends a signal to the command's process group; does nothing while no command runs. */
  signal(signal: NodeJS.Signals): void {
    this.#send(encodeSignal(signal));
  }

  /**
   * Prints a line on the pane's terminal, unless a command runs.
   *
   * @param text must have no control characters.
   */
  note(text: string): void {
    this.#send(encodeNote(text));
  }

  /** Closes the connection once what was sent has reached the keeper, or after a second. Idempotent. */
  close(): void {
    if (this.#socket.destroyed) return;
    this.#socket.end();
    const limit = setTimeout(() => this.#socket.destroy(), CLOSE_LIMIT_MS);
    this.#socket.once('close', () => clearTimeout(limit));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
    await this.closed;
  }

  #send(message: Buffer): void {
    if (!this.#socket.writable) return;
    if (this.#socket.writableLength + message.length > MAX_UNSENT_BYTES) {
      return this.#fail(new KeeperProtocolError('the keeper takes no more messages'));
    }
    this.#socket.write(message);
  }

  #receive(text: string): void {
    const lines = (this.#line + text).split('\n');
    this.#line = lines.pop() ?? '';
    try {
      if (this.#line.length > MAX_LINE_BYTES) throw new KeeperProtocolError('line too long');
      for (const line of lines) this.#change(parseState(line));
    } catch (error) {
      if (!(error instanceof KeeperProtocolError)) throw error;
      this.#fail(error);
    }
  }

  #change(state: KeeperState): void {
    this.#state = state;
    for (const listener of this.#listeners) listener(state);
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    this.#socket.destroy();
  }
}

/** Whether the keeper has not made its socket yet, or has ended and left the file behind. */
function isNotThere(error: Error): boolean {
  const code = systemCode(error);
  return code === 'ENOENT' || code === 'ECONNREFUSED' || code === 'ECONNRESET' || code === 'EPIPE';
}
