import { closeSync, constants, openSync, readSync, writeSync } from 'node:fs';
import { ReadStream } from 'node:tty';
import * as nodePty from 'node-pty';
import { PROCESS_STARTS, signalName } from '../../base/child-process.js';
import { requireDescriptors } from '../../base/descriptors.js';
import { BusyError, InvariantError, systemCode } from '../../base/errors.js';
import { clampSize, type TerminalSize } from '../../base/terminal-size.js';
import { InputQueue } from './input-queue.js';
import { DRIVER_PACE, type Pace, ReadPace } from './read-pace.js';

export interface PtyProcessOptions {
  /** A name on `env.PATH`, or a path. A program that cannot be run shows as an exit with status 1. */
  readonly file: string;
  readonly args: readonly string[];
  /** The whole environment, `TERM` included; nothing is inherited. */
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  readonly size: TerminalSize;
  /** Called with each piece of output, in order; the receiver owns the bytes. */
  readonly onOutput: (bytes: Uint8Array) => void;
  /** Called with each piece of input that the terminal has just taken. */
  readonly onInput?: (bytes: Uint8Array) => void;
  /** How much input it may get now; the rest waits here. No limit by default. */
  readonly inputRoom?: () => number;
  /** The pace of reading; a driver's by default. */
  readonly pace?: Pace;
}

/** Either `status` or `signal` is null. */
export interface PtyExit {
  readonly status: number | null;
  /** The signal's name, such as `SIGKILL`. */
  readonly signal: string | null;
  /** `input-overflow` where the process was ended because it let too much input wait. */
  readonly reason: 'exited' | 'input-overflow';
  /** How much input the process never took. */
  readonly droppedInputBytes: number;
}

/** The native half of node-pty; its typings leave it out, so that it is checked when it is used. */
interface NativePty {
  fork(
    file: string,
    args: readonly string[],
    env: readonly string[],
    cwd: string,
    cols: number,
    rows: number,
    uid: number,
    gid: number,
    isUtf8: boolean,
    helperPath: string,
    onExit: (status: number, signal: number) => void,
  ): unknown;
  resize(fd: number, cols: number, rows: number, pixelWidth: number, pixelHeight: number): void;
}

/** Variables that name a terminal multiplexer, which the process does not run in. */
const MULTIPLEXER_VARIABLES: ReadonlySet<string> = new Set(['TMUX', 'TMUX_PANE', 'STY']);
/** Has node-pty keep uid and gid: with new ones the supplementary groups would stay. */
const KEEP_ID = -1;
const READ_BYTES = 64 * 1024;
/** The most that the kernel gives in one read of a terminal. */
const TTY_READ_BYTES = 4096;
/**
 * The most that is read after the exit. The kernel holds far less: the rest is written by processes that
 * live longer, and could go on for ever.
 */
const MAX_LAST_BYTES = 1024 * 1024;

/**
 * A process in a pseudoterminal of its own.
 *
 * Uses the native half of node-pty only. Its JavaScript half loses the last output, spins while a
 * process does not read, and writes pending input into whatever reuses a closed descriptor
 * (microsoft/node-pty#72, #726, #956).
 */
export class PtyProcess implements AsyncDisposable {
  /** Resolves after the last output was delivered. */
  readonly exited: Promise<PtyExit>;
  readonly pid: number;
  readonly #native: NativePty;
  readonly #fd: number;
  /**
   * The slave, held open until all output is read: without it the master hangs up at the exit, and libuv
   * then drops what it has not read yet.
   */
  readonly #slaveFd: number;
  readonly #master: ReadStream;
  readonly #input: InputQueue;
  readonly #pace: ReadPace;
  readonly #readAheadBytes: number;
  readonly #onOutput: (bytes: Uint8Array) => void;
  #hasExited = false;
  #hasOverflowed = false;

  /** @throws BusyError when the system has no descriptor, pseudoterminal or process left. */
  static spawn(options: PtyProcessOptions): PtyProcess {
    requireDescriptors();
    return new PtyProcess(options, loadNative());
  }

  private constructor(options: PtyProcessOptions, native: NativePty) {
    let end: (status: number, signal: number) => void = () => undefined;
    const pty = fork(native, options, (status, signal) => end(status, signal));
    this.pid = pty.pid;
    this.#native = native;
    this.#fd = pty.fd;
    this.#slaveFd = openSlave(pty);
    this.#onOutput = options.onOutput;
    this.#input = new InputQueue((bytes) => this.#writeInput(bytes, options));
    this.#master = new ReadStream(this.#fd);
    const { pace = DRIVER_PACE } = options;
    this.#pace = new ReadPace(this.#master, pace);
    this.#readAheadBytes = pace.readAheadBytes;
    this.#master.on('data', (bytes: Buffer) => this.#receive(bytes));
    // The stream closes itself after an error, which `#isOpen` sees.
    this.#master.on('error', () => this.kill('SIGHUP'));
    this.exited = new Promise((resolve) => {
      end = (status, signal) => resolve(this.#end(status, signal));
    });
  }

  /**
   * Queues input; takes ownership of `bytes`. When a process lets 16 MiB wait, all of it is dropped
   * and the process is ended. After the exit nothing happens.
   *
   * @returns false when the queue is above its mark: wait for `onDrain` before writing more.
   */
  write(bytes: Uint8Array): boolean {
    if (this.#hasExited || this.#input.isClosed) return true;
    const outcome = this.#input.push(bytes);
    if (outcome === 'overflow') {
      this.#hasOverflowed = true;
      void this.close();
    }
    return outcome === 'room';
  }

  /** Calls `listener` each time the queue has fallen below its mark after `write` returned false. */
  onDrain(listener: () => void): void {
    this.#input.onDrain(listener);
  }

  /** Drops input that the process has not taken, and all later input. Idempotent. */
  closeInput(): void {
    this.#input.close();
  }

  /** Gives the terminal a new size, clamped by `clampSize`; after the exit nothing happens. */
  resize(size: TerminalSize): void {
    if (!this.#isOpen) return;
    const { cols, rows } = clampSize(size.cols, size.rows);
    this.#native.resize(this.#fd, cols, rows, 0, 0);
  }

  /** Sends a signal to the process; after the exit nothing happens. */
  kill(signal: NodeJS.Signals): void {
    if (this.#hasExited) return;
    try {
      process.kill(this.pid, signal);
    } catch (error) {
      // ESRCH: the process has ended a moment ago.
      if (systemCode(error) !== 'ESRCH') throw error;
    }
  }

  /** Hangs up, and kills a process that has not ended `graceMs` later. Idempotent. */
  async close(graceMs = 2000): Promise<PtyExit> {
    this.kill('SIGHUP');
    this.kill('SIGCONT');
    const killer = setTimeout(() => this.kill('SIGKILL'), graceMs);
    try {
      return await this.exited;
    } finally {
      clearTimeout(killer);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** Whether the number of the descriptor still means this terminal. */
  get #isOpen(): boolean {
    return !this.#hasExited && !this.#master.destroyed;
  }

  #writeInput(bytes: Uint8Array, { inputRoom, onInput }: PtyProcessOptions): number {
    const given = inputRoom === undefined ? bytes : bytes.subarray(0, inputRoom());
    const taken = this.#isOpen && given.length > 0 ? writeNow(this.#fd, given) : 0;
    if (taken > 0) onInput?.(bytes.subarray(0, taken));
    return taken;
  }

  #receive(first: Uint8Array): void {
    const bytes = this.#readAheadBytes === 0 ? first : this.#withWhatWaits(first);
    this.#pace.count(bytes.length);
    this.#onOutput(bytes);
  }

  /** Reads what waits behind `first`: the stream itself has nothing more, since its high-water mark is 0. */
  #withWhatWaits(first: Uint8Array): Uint8Array {
    const pieces = [first];
    for (let left = this.#readAheadBytes - first.length; left > 0; ) {
      const buffer = Buffer.allocUnsafe(Math.min(left, TTY_READ_BYTES));
      const count = readNow(this.#fd, buffer);
      if (count === 0) break;
      pieces.push(buffer.subarray(0, count));
      left -= count;
    }
    return pieces.length === 1 ? first : Buffer.concat(pieces);
  }

  /** Stops everything before the descriptors are closed, whose numbers may mean other files then. */
  #end(status: number, signal: number): PtyExit {
    if (this.#isOpen) this.#deliverRest();
    this.#hasExited = true;
    this.#pace.close();
    this.#master.destroy();
    closeSync(this.#slaveFd);
    return {
      status: signal === 0 ? status : null,
      signal: signal === 0 ? null : signalName(signal),
      reason: this.#hasOverflowed ? 'input-overflow' : 'exited',
      droppedInputBytes: this.#input.close(),
    };
  }

  #deliverRest(): void {
    // Reading the stream emits the pieces that a pause has left in it.
    while (this.#master.read() !== null) continue;
    const buffer = Buffer.alloc(READ_BYTES);
    for (let total = 0; total < MAX_LAST_BYTES; ) {
      const count = readNow(this.#fd, buffer);
      if (count === 0) return;
      this.#onOutput(new Uint8Array(buffer.subarray(0, count)));
      total += count;
    }
  }
}

interface OpenPty {
  readonly pid: number;
  readonly fd: number;
  readonly slavePath: string;
}

function loadNative(): NativePty {
  const native: unknown = Reflect.get(nodePty, 'native');
  if (!isRecord(native) || typeof native['fork'] !== 'function') {
    throw new InvariantError('node-pty does not have its native half where it is expected');
  }
  return native as unknown as NativePty;
}

function fork(
  native: NativePty,
  options: PtyProcessOptions,
  onExit: (status: number, signal: number) => void,
): OpenPty {
  const { file, args, cwd } = options;
  const { cols, rows } = clampSize(options.size.cols, options.size.rows);
  const env = Object.entries(options.env)
    .filter(([name]) => !MULTIPLEXER_VARIABLES.has(name))
    .map(([name, value]) => `${name}=${value}`);
  try {
    const ids = [KEEP_ID, KEEP_ID] as const;
    return openPty(native.fork(file, args, env, cwd, cols, rows, ...ids, true, '', onExit));
  } catch (cause) {
    throw noTerminal(cause);
  }
}

function openPty(value: unknown): OpenPty {
  const { pid, fd, pty } = isRecord(value) ? value : {};
  if (typeof pid !== 'number' || typeof fd !== 'number' || typeof pty !== 'string') {
    throw new InvariantError('node-pty did not tell pid, descriptor and path of a terminal');
  }
  return { pid, fd, slavePath: pty };
}

function openSlave(pty: OpenPty): number {
  try {
    return openSync(pty.slavePath, constants.O_RDWR | constants.O_NOCTTY);
  } catch (cause) {
    process.kill(pty.pid, 'SIGKILL');
    closeSync(pty.fd);
    throw noTerminal(cause);
  }
}

function noTerminal(cause: unknown): BusyError {
  PROCESS_STARTS.suspect();
  return new BusyError('no terminal could be opened: no process or pseudoterminal is left', {
    hint: 'try again later',
    cause,
  });
}

/** Writes what the terminal takes at once; 0 while its process does not read. The master never blocks. */
function writeNow(fd: number, bytes: Uint8Array): number {
  return orNothing(() => writeSync(fd, bytes));
}

/** Reads what the terminal has at once; 0 when there is nothing. */
function readNow(fd: number, buffer: Uint8Array): number {
  return orNothing(() => readSync(fd, buffer));
}

/** Returns 0 where nothing can be transferred; EIO means a hang-up, which the process's exit follows. */
function orNothing(transfer: () => number): number {
  try {
    return transfer();
  } catch (error) {
    const code = systemCode(error);
    if (code === 'EAGAIN' || code === 'EIO') return 0;
    throw error;
  }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
