import { randomBytes } from 'node:crypto';
import type { Readable } from 'node:stream';
import { type StartedProcess, startPiped } from '../../base/child-process.js';
import { withDeadline } from '../../base/deadline.js';
import { UnavailableError } from '../../base/errors.js';
import { signalProcess } from '../../base/process-scan.js';
import { commandLine } from './command-line.js';
import { type Fields, parseRows, type Row, type RowSource, rowArgs } from './rows.js';
import { TmuxError, type TmuxServer } from './tmux-server.js';

/** How long an answer may take: a tenth of a millisecond is usual, 29 ms were measured under a flood. */
const ANSWER_LIMIT_MS = 10_000;
/** How long a server that does not answer may take to let go of the client. */
const CLOSE_LIMIT_MS = 1_000;
/** How many questions may wait for their answer: more than a session ever needs; others are refused. */
const MAX_PENDING = 1_000;
/** A longer line closes the connection: answers of ids and our own options are short. */
const MAX_LINE_CHARACTERS = 1024 * 1024;

/** The flags of our client (tmux(1), attach-session -f), by which it is told from a person's, too. */
const CLIENT_FLAGS = ['no-output', 'ignore-size'];

/** Commands that run others: tmux answers each of these like a line of ours, and tells no number. */
const NESTING: ReadonlySet<string> = new Set(['if-shell', 'run-shell', 'source-file']);

interface Question {
  readonly subcommand: string;
  /** The line that a second command prints, by which the end of the answer is known. */
  readonly endMark?: string | undefined;
  /** The error that tmux told of a nested command. */
  failure?: string;
  readonly resolve: (lines: readonly string[]) => void;
  readonly reject: (error: Error) => void;
}

interface Block {
  readonly guard: string;
  readonly lines: string[];
}

/**
 * One control-mode client on a session (tmux(1), CONTROL MODE): asks without starting a process, and
 * gets notifications. It has `no-output`, since unread pane output would make the server grow. Ask only
 * for ids and our own options: text of a pane could contain a line that looks like the end of an answer.
 */
export class ControlConnection implements RowSource {
  readonly closed: Promise<void>;
  readonly #child: StartedProcess<Readable>;
  readonly #onNotification: (name: string, rest: string) => void;
  readonly #questions: Question[] = [];
  /** Resolves with tmux's answer to attach-session, the first answer that is not to a line of ours. */
  readonly #attached: Promise<readonly string[]>;
  #attach: Question | undefined;
  #block: Block | undefined;
  #rest = '';
  #isClosing = false;
  #isClosed = false;

  private constructor(
    child: StartedProcess<Readable>,
    onNotification: (name: string, rest: string) => void,
  ) {
    this.#child = child;
    this.#onNotification = onNotification;
    this.#attached = new Promise((resolve, reject) => {
      this.#attach = { subcommand: 'attach-session', resolve, reject };
    });
    child.stdout.setEncoding('utf8');
    child.stdout.on('data', (text: string) => this.#receive(text));
    // A client that has ended shows as `close`, so that a failed write needs no report of its own.
    child.stdin.on('error', () => undefined);
    this.closed = new Promise((resolve) => {
      const ended = () => {
        this.#end();
        resolve();
      };
      child.once('close', ended);
      child.once('error', ended);
    });
  }

  /**
   * Attaches to the session with the tmux id `sessionId`.
   *
   * @param onNotification gets each `%name rest` line that is not part of an answer.
   * @throws UnavailableError or TmuxError when the session is not there, or the server was let go of.
   */
  static async open(
    server: TmuxServer,
    sessionId: string,
    onNotification: (name: string, rest: string) => void,
  ): Promise<ControlConnection> {
    server.requireHeld();
    const attach = ['-C', 'attach-session', '-t', sessionId, '-f', CLIENT_FLAGS.join(',')];
    const argv = [server.program.path, '-N', '-u', '-S', server.socketPath, ...attach];
    // The client gets its own process group, so that Ctrl-C in the terminal of the host does not reach it.
    const child = await startPiped(argv, { env: server.env, cwd: '/' });
    const connection = new ControlConnection(child, onNotification);
    if (child.pid !== undefined) server.addClient(child.pid, connection.closed);
    const close = () => connection.close();
    server.held.addEventListener('abort', close);
    void connection.closed.then(() => server.held.removeEventListener('abort', close));
    try {
      await withDeadline(connection.#attached, ANSWER_LIMIT_MS, 'tmux to attach');
      server.requireHeld();
    } catch (error) {
      connection.close();
      throw error;
    }
    return connection;
  }

  /**
   * Runs one command; tmux gets every argument unchanged.
   *
   * @returns the lines of the answer; none for a command that runs others.
   * @throws TmuxError with tmux's words, also about a nested command; UnavailableError when the
   *   connection is gone.
   */
  async ask(subcommand: string, args: readonly string[]): Promise<readonly string[]> {
    if (this.#isClosed || this.#isClosing || this.#questions.length >= MAX_PENDING) {
      throw new UnavailableError('tmux does not answer', { hint: 'see the log of triad up' });
    }
    const endMark = NESTING.has(subcommand) ? `end-${randomBytes(6).toString('hex')}` : undefined;
    const mark = endMark === undefined ? '' : `display-message -p ${endMark}\n`;
    const answer = new Promise<readonly string[]>((resolve, reject) => {
      this.#questions.push({ subcommand, endMark, resolve, reject });
      this.#child.stdin.write(`${commandLine([subcommand, ...args])}\n${mark}`);
    });
    return withDeadline(answer, ANSWER_LIMIT_MS, `tmux ${subcommand}`);
  }

  async rows<F extends Fields>(
    subcommand: string,
    fields: F,
    args: readonly string[] = [],
  ): Promise<Row<F>[]> {
    return parseRows(await this.ask(subcommand, rowArgs(subcommand, fields, args)), fields);
  }

  /** Detaches after the answers that are due; `closed` follows. Idempotent. */
  close(): void {
    if (this.#isClosed || this.#isClosing) return;
    this.#isClosing = true;
    this.#child.stdin.end();
    // A client that waits for a stopped server only ends by SIGKILL.
    const limits = [
      setTimeout(() => this.#child.kill('SIGTERM'), CLOSE_LIMIT_MS),
      setTimeout(() => this.#child.kill('SIGKILL'), 2 * CLOSE_LIMIT_MS),
    ];
    void this.closed.then(() => limits.forEach(clearTimeout));
  }

  #receive(text: string): void {
    const lines = (this.#rest + text).split('\n');
    this.#rest = lines.pop() ?? '';
    if (this.#rest.length > MAX_LINE_CHARACTERS) return this.close();
    for (const line of lines) this.#receiveLine(line);
  }

  #receiveLine(line: string): void {
    if (this.#block !== undefined) return this.#receiveAnswerLine(this.#block, line);
    const match = /^%(\S+) ?(.*)$/.exec(line);
    if (match === null) return;
    const [, name = '', rest = ''] = match;
    if (name === 'begin') this.#block = { guard: rest, lines: [] };
    else this.#onNotification(name, rest);
  }

  #receiveAnswerLine(block: Block, line: string): void {
    const isEnd = line === `%end ${block.guard}`;
    if (!isEnd && line !== `%error ${block.guard}`) {
      block.lines.push(line);
      return;
    }
    this.#block = undefined;
    const failure = isEnd ? undefined : block.lines.join('; ');
    if (this.#isWithinAnswer(block, failure)) return;
    const question = this.#takeQuestion(block);
    if (question === undefined) return;
    const failed = question.failure ?? failure;
    if (failed === undefined) question.resolve(question.endMark === undefined ? block.lines : []);
    else question.reject(new TmuxError(question.subcommand, failed));
  }

  /** Whether the answer to the oldest question goes on behind this block. */
  #isWithinAnswer({ guard, lines }: Block, failure: string | undefined): boolean {
    const [question] = this.#questions;
    if (!isOurs(guard) || question?.endMark === undefined) return false;
    if (failure !== undefined) question.failure ??= failure;
    return lines.length !== 1 || lines[0] !== question.endMark;
  }

  #takeQuestion(block: Block): Question | undefined {
    if (isOurs(block.guard)) return this.#questions.shift();
    const attach = this.#attach;
    this.#attach = undefined;
    return attach;
  }

  #end(): void {
    this.#isClosed = true;
    const waiting = this.#attach === undefined ? [] : [this.#attach];
    for (const question of [...waiting, ...this.#questions.splice(0)]) {
      question.reject(
        new UnavailableError('tmux does not answer', { hint: 'see the log of triad up' }),
      );
    }
  }
}

/** Whether a block answers a line of ours: only that has flag 1 (tmux(1), CONTROL MODE), unlike hooks. */
function isOurs(guard: string): boolean {
  return guard.endsWith(' 1');
}

/**
 * Ends the control clients that a killed manager has left on a server: tmux waits for ever to give them
 * their last output, and the server does not end before that (tmux 3.3a).
 *
 * To be called only by the one manager of the server.
 *
 * @throws TmuxError with tmux's words.
 */
export async function endLeftClients(server: TmuxServer): Promise<void> {
  const clients = await server.rows('list-clients', { pid: 'client_pid', flags: 'client_flags' });
  for (const { pid, flags } of clients) {
    const isOurs = [...CLIENT_FLAGS, 'control-mode'].every((flag) => flags.includes(flag));
    if (isOurs) signalProcess(pid, 'SIGKILL');
  }
}
