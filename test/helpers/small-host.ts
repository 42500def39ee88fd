import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SYSTEM_CLOCK } from '../../src/base/clock.js';
import { paneName, sessionName } from '../../src/base/ids.js';
import { DoorKey } from '../../src/door/door-key.js';
import { EventLog } from '../../src/events/event-log.js';
import { LocalHost } from '../../src/host/local-host.js';
import type { NewHostEvent } from '../../src/link/host-event.js';
import { openLogger } from '../../src/log/logger.js';
import { findTmux } from '../../src/tmux/tmux-binary.js';
import { TmuxServer } from '../../src/tmux/tmux-server.js';
import { getKeeperBinary, type NativeBinary } from './native-binary.js';
import { planOf } from './session-plan.js';

export const PAIR = sessionName('pair');
export const WORKER = { session: PAIR, pane: paneName('worker') };

/** A host with one session of one pane, on a tmux server of its own. */
export class SmallHost implements AsyncDisposable {
  readonly directory: string;
  readonly server: TmuxServer;
  readonly #keeper: NativeBinary;
  readonly #options: ConstructorParameters<typeof LocalHost>[0];
  host: LocalHost;

  private constructor(
    directory: string,
    server: TmuxServer,
    doorKey: DoorKey,
    command: readonly string[],
  ) {
    this.directory = directory;
    this.server = server;
    this.#keeper = getKeeperBinary();
    const panes = [{ name: WORKER.pane, title: 'worker', command, focus: true }];
    const plan = planOf({ layout: 'even-horizontal', panes }, directory);
    const log = openLogger({ level: 'error', destination: { write: () => undefined } });
    const clock = SYSTEM_CLOCK;
    const events = EventLog.open({ path: join(directory, 'events.jsonl'), clock, log });
    const sessionOptions = {
      ...{ plan, server, directory, keeperPath: this.#keeper.path, cwd: directory },
      tmuxConfigPath: join(import.meta.dirname, '../../config/tmux.conf'),
      ...{ clock, log, doorKey, programFolder: directory },
      onDifferent: () => undefined,
      record: (event: NewHostEvent) => void events.record(event),
    };
    this.#options = {
      ...{ plans: [plan], events, onSessions: () => undefined },
      sessionOptions: () => sessionOptions,
      readPlans: () => Promise.resolve([plan]),
    };
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
    const small = new SmallHost(
      directory,
      server,
      await DoorKey.open(join(directory, 'key')),
      command,
    );
    await small.host.open();
    return small;
  }

  /** As after a restart of the process: the session is adopted by a new host. */
  async restart(): Promise<void> {
    await this.host.close();
    this.host = new LocalHost(this.#options);
    await this.host.open();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.host.endSession(PAIR).catch(() => undefined);
    await this.host.close();
    rmSync(this.directory, { recursive: true, force: true });
  }
}
