import { execFile } from 'node:child_process';
import { setMaxListeners } from 'node:events';
import { PROCESS_STARTS } from '../../base/child-process.js';
import { withDeadline } from '../../base/deadline.js';
import { type ErrorTexts, TriadError, UnavailableError } from '../../base/errors.js';
import type { Part } from '../../base/part.js';
import { findShortage } from '../../base/shortage.js';
import { StoppedProcesses } from '../../base/stopped-processes.js';
import { visible } from '../../base/visible.js';
import { PtyProcess } from './pty-process.js';
import { type Fields, parseRows, type Row, type RowSource, rowArgs } from './rows.js';
import { ServerProgram } from './server-program.js';
import type { TmuxBinary } from './tmux-binary.js';

/** How long a command may take: a tmux client that neither answers nor fails hangs on a dead socket. */
const COMMAND_LIMIT_MS = 10_000;
/** The size of a terminal that nobody sees. */
const CLIENT_SIZE = { cols: 80, rows: 24 };
/** The most that a command may print: a scrollback of 20,000 lines with colours is smaller. */
const MAX_OUTPUT_BYTES = 64 * 1024 * 1024;

/** What a tmux client says where there is no server. */
const NO_SERVER =
  /^(no server running on |error connecting to .* \((No such file or directory|Not a directory|Connection refused)\)$|server exited|lost server)/;

/** A tmux command was answered with an error, or not at all. */
export class TmuxError extends TriadError {
  override name = 'TmuxError';
  readonly code = 'tmux';
  readonly subcommand: string;
  /** The error in tmux's own words, or why tmux could not be asked. */
  readonly answer: string;

  constructor(subcommand: string, answer: string, options: ErrorTexts = {}) {
    super(`tmux ${subcommand} failed: ${visible(answer)}`, options);
    this.subcommand = subcommand;
    this.answer = answer;
  }
}

export interface TmuxServerOptions {
  readonly binary: TmuxBinary;
  readonly socketPath: string;
  /** Complete environment of every tmux process; without TMUX and TMUX_PANE. */
  readonly env: Readonly<Record<string, string>>;
}

/**
 * Owns the commands to one tmux server, known by its private socket. Promises that it gets our own file, a
 * clean environment and an argument array, and that every answer has a limit. The server must
 * never end with this process: it daemonises itself.
 */
export class TmuxServer implements RowSource {
  readonly binary: TmuxBinary;
  readonly program: ServerProgram;
  readonly socketPath: string;
  readonly env: Readonly<Record<string, string>>;
  readonly #letGo = new AbortController();
  readonly #clients = new Map<number, string>();
  /** The clients of ours that stay attached, to watch: a stopped one blocks a screen, or every question. */
  readonly clients: Part = new StoppedProcesses('tmux client', () => this.#clients);

  constructor(options: TmuxServerOptions) {
    this.binary = options.binary;
    this.socketPath = options.socketPath;
    this.env = options.env;
    this.program = new ServerProgram(options.binary, options.env);
    // Each command that runs has a listener, so that their number has no limit.
    setMaxListeners(0, this.held);
  }

  /** Aborted by `letGo`. */
  get held(): AbortSignal {
    return this.#letGo.signal;
  }

  /** Adds a client of ours to those that are watched, until it has ended. */
  addClient(pid: number, ended: Promise<unknown>): void {
    this.#clients.set(pid, `(${pid})`);
    void ended.finally(() => this.#clients.delete(pid));
  }

  /** @throws UnavailableError after `letGo`. */
  requireHeld(): void {
    if (this.held.aborted) throw new UnavailableError('tmux was let go of');
  }

  /** Ends all commands at once, and runs no more; the server goes on. Idempotent. */
  letGo(): void {
    this.#letGo.abort();
  }

  /**
   * Runs one command in a client of its own; never starts a server (`-N`).
   *
   * @returns what it printed.
   * @throws TmuxError with tmux's own words; UnavailableError after `letGo`.
   */
  async run(args: readonly string[]): Promise<Buffer> {
    this.requireHeld();
    const subcommand = subcommandOf(args);
    const options = {
      env: this.env,
      cwd: '/',
      timeout: COMMAND_LIMIT_MS,
      killSignal: 'SIGKILL',
      maxBuffer: MAX_OUTPUT_BYTES,
      encoding: 'buffer',
    } as const;
    return new Promise((resolve, reject) => {
      const argv = ['-u', '-S', this.socketPath, '-N', ...args];
      const child = execFile(this.program.path, argv, options, (error, stdout, stderr) => {
        this.held.removeEventListener('abort', kill);
        if (error === null) return resolve(stdout);
        PROCESS_STARTS.note(error);
        const told = stderr.toString('utf8').trim() || error.message;
        const answer = findShortage(error)?.words ?? told;
        reject(new TmuxError(subcommand, answer, { cause: error }));
      });
      const kill = () => child.kill('SIGKILL');
      this.held.addEventListener('abort', kill);
    });
  }

  async rows<F extends Fields>(
    subcommand: string,
    fields: F,
    args: readonly string[] = [],
  ): Promise<Row<F>[]> {
    const answer = await this.run([subcommand, ...rowArgs(subcommand, fields, args)]);
    return parseRows(answer.toString('utf8').split('\n').slice(0, -1), fields);
  }

  /**
   * Runs one command, and starts the server with `configPath` where none runs.
   *
   * It runs in a pty, which inherits no descriptor: otherwise the server would keep the drivers' ptys
   * open, and their tmux clients would live longer than this process.
   *
   * @returns what the command printed.
   * @throws TmuxError with tmux's own words.
   */
  async start(configPath: string, args: readonly string[]): Promise<string> {
    this.requireHeld();
    let output = '';
    await using client = PtyProcess.spawn({
      file: this.binary.path,
      args: ['-u', '-S', this.socketPath, '-f', configPath, ...args],
      env: this.env,
      cwd: '/',
      size: CLIENT_SIZE,
      onOutput: (bytes) => {
        output += Buffer.from(bytes).toString('utf8');
      },
    });
    const kill = () => client.kill('SIGKILL');
    this.held.addEventListener('abort', kill);
    const started = withDeadline(client.exited, COMMAND_LIMIT_MS, 'tmux to start');
    const { status } = await started.finally(() => this.held.removeEventListener('abort', kill));
    this.requireHeld();
    if (status !== 0) throw new TmuxError(subcommandOf(args), output.trim());
    return output;
  }

  /**
   * Whether a server answers on the socket.
   *
   * @throws TmuxError where that is not known, since a wrong no would start every command twice.
   */
  async isRunning(): Promise<boolean> {
    try {
      await this.run(['show-options', '-s']);
      return true;
    } catch (error) {
      if (error instanceof TmuxError && NO_SERVER.test(error.answer)) return false;
      throw error;
    }
  }
}

function subcommandOf(args: readonly string[]): string {
  return args.find((arg) => /^[a-z]+(-[a-z]+)+$/.test(arg)) ?? 'client';
}
