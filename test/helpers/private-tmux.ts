import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type PaneId, paneId } from '../../src/base/ids.js';
import { findTmux } from '../../src/host/tmux/tmux-binary.js';
import { TmuxServer } from '../../src/host/tmux/tmux-server.js';
import { eventually } from './eventually.js';
import { TESTED_TMUX } from './tested-tmux.js';

export interface PrivateTmuxOptions {
  /** The command of the first pane. */
  readonly command?: readonly string[];
  readonly configPath?: string;
}

/** A tmux server of a test's own, with one session of 80x24. */
export class PrivateTmux implements AsyncDisposable {
  readonly server: TmuxServer;
  readonly sessionId: string;
  readonly pane: PaneId;
  readonly #directory: string;

  private constructor(server: TmuxServer, ids: readonly string[], directory: string) {
    this.server = server;
    this.sessionId = ids[0] ?? '';
    this.pane = paneId(ids[1] ?? '');
    this.#directory = directory;
  }

  static async start(options: PrivateTmuxOptions = {}): Promise<PrivateTmux> {
    const { command = ['cat'], configPath = '/dev/null' } = options;
    const directory = mkdtempSync(join(tmpdir(), 'triad-tmux-'));
    const env = {
      PATH: process.env['PATH'] ?? '',
      LANG: 'C.UTF-8',
      TERM: 'xterm-256color',
      SHELL: '/bin/sh',
    };
    const binary = await findTmux(TESTED_TMUX, env);
    const server = new TmuxServer({ binary, socketPath: join(directory, 's'), env });
    const made = await server.start(configPath, [
      ...[
        'new-session',
        '-d',
        '-s',
        'pair',
        '-x',
        '80',
        '-y',
        '24',
        '-P',
        '-F',
        '#{session_id} #{pane_id}',
        '--',
      ],
      ...command,
    ]);
    await server.run(['set-option', '-g', 'remain-on-exit', 'on']);
    return new PrivateTmux(server, made.trim().split(' '), directory);
  }

  async ask(...args: string[]): Promise<string> {
    return (await this.server.run(args)).toString().trimEnd();
  }

  /** Waits until the pane shows `text`. */
  async shows(text: string): Promise<void> {
    let seen = '';
    await eventually(
      `the pane showed ${text}`,
      async () => {
        seen = await this.ask('capture-pane', '-p', '-t', this.pane);
        return seen.includes(text);
      },
      () => seen,
    );
  }

  /** Waits until `format` gives `expected` for the pane. */
  async becomes(format: string, expected: string): Promise<void> {
    const ask = () => this.ask('display-message', '-p', '-t', this.pane, format);
    await eventually(`${format} became ${expected}`, async () => (await ask()) === expected);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (await this.server.isRunning()) await this.server.run(['kill-server']);
    rmSync(this.#directory, { recursive: true, force: true });
  }
}
