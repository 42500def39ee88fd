import { Terminal as ScreenModel } from '@xterm/headless';
import type { TerminalSize } from '../../src/base/terminal-size.js';
import { PtyProcess } from '../../src/tmux/pty-process.js';
import { eventually } from './eventually.js';
import { type SshTarget, sshArguments } from './ssh-client.js';

export interface TerminalOptions {
  readonly argv: readonly string[];
  readonly size?: TerminalSize;
  readonly term?: string;
}

/** A person's terminal with a program in it: a pty and the screen that is seen. */
export class Terminal implements AsyncDisposable {
  readonly process: PtyProcess;
  readonly #screen: ScreenModel;
  #output = '';

  constructor({ argv, size = { cols: 100, rows: 30 }, term = 'xterm-256color' }: TerminalOptions) {
    const [file = '', ...args] = argv;
    this.#screen = new ScreenModel({ ...size, allowProposedApi: true });
    const env = { PATH: process.env['PATH'] ?? '', HOME: '/nonexistent', LANG: 'C.UTF-8', TERM: term };
    const onOutput = (bytes: Uint8Array) => {
      this.#output += Buffer.from(bytes).toString('latin1');
      this.#screen.write(bytes);
    };
    this.process = PtyProcess.spawn({ file, args, env, cwd: '/', size, onOutput });
    // As a terminal does: it answers what it is asked.
    this.#screen.onData((answer) => this.type(answer));
  }

  /** A stock `ssh` on a terminal, attached to a session. */
  static ssh(target: SshTarget, options: Omit<TerminalOptions, 'argv'> = {}): Terminal {
    return new Terminal({ ...options, argv: ['ssh', ...sshArguments(target, ['-tt'])] });
  }

  /** Every byte that came, as latin1. */
  get output(): string {
    return this.#output;
  }

  /** The rows that are seen, without blanks at their ends. */
  get rows(): string[] {
    const { active } = this.#screen.buffer;
    const numbers = Array.from({ length: this.#screen.rows }, (_, row) => active.baseY + row);
    return numbers.map((row) => active.getLine(row)?.translateToString(true) ?? '');
  }

  get text(): string {
    return this.rows.join('\n');
  }

  get isAlternate(): boolean {
    return this.#screen.buffer.active.type === 'alternate';
  }

  type(text: string | Uint8Array): void {
    this.process.write(typeof text === 'string' ? Buffer.from(text) : text);
  }

  resize(size: TerminalSize): void {
    this.#screen.resize(size.cols, size.rows);
    this.process.resize(size);
  }

  /** Waits until the screen shows `what`; fails with the screen. */
  async sees(what: string | RegExp): Promise<void> {
    const isSeen = () => (typeof what === 'string' ? this.text.includes(what) : what.test(this.text));
    await eventually(`the screen showed ${String(what)}`, isSeen, () => this.text);
  }

  /** The exit status of the program, once it has ended. */
  async status(): Promise<number | null> {
    return (await this.process.exited).status;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.process.kill('SIGCONT');
    this.process.kill('SIGKILL');
    await this.process.exited;
    this.#screen.dispose();
  }
}
