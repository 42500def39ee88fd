import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { paneName, sessionName } from '../../src/base/ids.js';
import { LocalHost } from '../../src/host/local-host.js';
import { openLogger } from '../../src/log/logger.js';
import { findTmux } from '../../src/tmux/tmux-binary.js';
import { TmuxServer } from '../../src/tmux/tmux-server.js';
import { type KeeperBinary, openKeeperBinary } from './keeper-binary.js';
import { planOf } from './session-plan.js';

export const PAIR = sessionName('pair');
export const WORKER = { session: PAIR, pane: paneName('worker') };

/** A host with one session of one pane, on a tmux server of its own. */
export class SmallHost implements AsyncDisposable {
  readonly directory: string;
  readonly server: TmuxServer;
  readonly #keeper: KeeperBinary;
  readonly #options: ConstructorParameters<typeof LocalHost>[0];
  host: LocalHost;

  private constructor(directory: string, server: TmuxServer, command: readonly string[]) {
    this.directory = directory;
    this.server = server;
    this.#keeper = openKeeperBinary();
    const panes = [{ name: WORKER.pane, title: 'worker', command, focus: true }];
    const plan = planOf({ layout: 'even-horizontal', panes }, directory);
    this.#options = [
      {
        ...{ plan, server, directory, keeperPath: this.#keeper.path, cwd: directory },
        tmuxConfigPath: join(import.meta.dirname, '../../config/tmux.conf'),
        log: openLogger({ level: 'error', destination: { write: () => undefined } }),
        onDifferent: () => undefined,
      },
    ];
    this.host = new LocalHost(this.#options);
  }

  static async start(command: readonly string[] = ['cat']): Promise<SmallHost> {
    const directory = mkdtempSync(join(tmpdir(), 'triad-host-'));
    const env = {
      PATH: process.env['PATH'] ?? '',
      LANG: 'C.UTF-8',
      SHELL: '/bin/sh',
      HOME: directory,
    };
    const binary = await findTmux(process.env['TRIAD_TMUX'] ?? 'tmux', env);
    const server = new TmuxServer({ binary, socketPath: join(directory, 's'), env });
    const small = new SmallHost(directory, server, command);
    await small.host.open();
    return small;
  }

  /** As after a restart of the process: the session is adopted by a new host. */
  async restart(): Promise<void> {
    this.host.close();
    this.host = new LocalHost(this.#options);
    await this.host.open();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.host.endSession(PAIR).catch(() => undefined);
    this.#keeper[Symbol.dispose]();
    rmSync(this.directory, { recursive: true, force: true });
  }
}
