import { Terminal as ScreenModel } from '@xterm/headless';
import type { TerminalSize } from '../../src/base/terminal-size.js';
import { CharacterWidth } from '../../src/gateway/mirror/character-width.js';
import { PtyProcess } from '../../src/host/tmux/pty-process.js';
import { eventually } from './eventually.js';
import { type SshTarget, sshArguments } from './ssh-client.js';

const CURSOR_SHOWN = 25;
/** Application keys, margins, mouse and focus reports, alternate screen, bracketed paste, themes, mintty's Escape. */
const APPLICATION_MODES = [1, 69, 1000, 1002, 1003, 1004, 1005, 1006, 1049, 2004, 2031, 7727];

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
    // The emulator's own table is that of 2010, in which no emoji is two columns wide.
    this.#screen.unicode.register(new CharacterWidth());
    this.#screen.unicode.activeVersion = 'tmux';
    const env = {
      PATH: process.env['PATH'] ?? '',
      HOME: '/nonexistent',
      LANG: 'C.UTF-8',
      TERM: term,
    };
    const onOutput = (bytes: Uint8Array) => {
      this.#output += Buffer.from(bytes).toString('latin1');
      this.#screen.write(bytes);
    };
    this.process = PtyProcess.spawn({ file, args, env, cwd: '/', size, onOutput });
    // A terminal answers what it is asked.
    this.#screen.onData((answer) => this.type(answer));
  }

  /** A stock `ssh` on a terminal, attached to a session; `~` is a key like any other. */
  static ssh(
    target: SshTarget,
    { command = [], ...options }: Omit<TerminalOptions, 'argv'> & { command?: string[] } = {},
  ): Terminal {
    return new Terminal({
      ...options,
      argv: ['ssh', ...sshArguments(target, ['-tt', '-e', 'none']), ...command],
    });
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

  /** DEC private modes that are on now, by number (xterm, DECSET). */
  get modes(): number[] {
    const on = new Set([CURSOR_SHOWN]);
    for (const [, numbers = '', final] of this.#output.matchAll(/\x1b\[\?([\d;]+)([hl])/g)) {
      for (const mode of numbers.split(';').map(Number)) {
        if (final === 'h') on.add(mode);
        else on.delete(mode);
      }
    }
    return [...on].sort((a, b) => a - b);
  }

  /**
   * Whether the terminal is as a shell wants it: main screen, cursor, normal keypad, no colours, no
   * mouse, focus or paste reports.
   */
  get isRestored(): boolean {
    const { modes } = this;
    const keypad = this.#output.match(/\x1b[=>]/g)?.at(-1) ?? '\x1b>';
    const colours = this.#output.match(/\x1b\[[\d;:]*m/g)?.at(-1) ?? '\x1b[m';
    const otherKeys = this.#output.match(/\x1b\[>4(?:;\d)?m/g)?.at(-1) ?? '\x1b[>4m';
    return (
      /^\x1b\[>4(;0)?m$/.test(otherKeys) &&
      modes.includes(CURSOR_SHOWN) &&
      !modes.some((mode) => APPLICATION_MODES.includes(mode)) &&
      keypad === '\x1b>' &&
      /^\x1b\[0?m$/.test(colours)
    );
  }

  /** The last line that is not ssh's own. */
  get lastLine(): string {
    const isOurs = (row: string) => row !== '' && !/^Connection to .* closed/.test(row);
    return this.rows.filter(isOurs).at(-1) ?? '';
  }

  type(text: string | Uint8Array): void {
    this.process.write(typeof text === 'string' ? Buffer.from(text) : text);
  }

  /** Runs a command at tmux's own prompt, which takes what is typed once it is open. */
  async command(text: string): Promise<void> {
    // The prompt before may still be on the screen.
    const prompt = /^: *$/m;
    await eventually(
      'tmux has no prompt',
      () => !prompt.test(this.text),
      () => this.text,
    );
    this.type('\x02:');
    await this.sees(prompt);
    this.type(`${text}\r`);
  }

  resize(size: TerminalSize): void {
    this.#screen.resize(size.cols, size.rows);
    this.process.resize(size);
  }

  /** Waits until the screen shows `what`; fails with the screen. */
  async sees(what: string | RegExp): Promise<void> {
    const isSeen = () =>
      typeof what === 'string' ? this.text.includes(what) : what.test(this.text);
    await eventually(`the screen showed ${String(what)}`, isSeen, () => this.text);
  }

  /** The exit status of the program, once it has ended and the screen shows its last output. */
  async status(): Promise<number | null> {
    let status: number | null | undefined;
    void this.process.exited.then((exit) => {
      status = exit.status;
    });
    await eventually(
      'the program ended',
      () => status !== undefined,
      () => this.text,
    );
    await new Promise<void>((resolve) => this.#screen.write('', resolve));
    return status ?? null;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.process.kill('SIGCONT');
    this.process.kill('SIGKILL');
    await this.process.exited;
    this.#screen.dispose();
  }
}
