import { mkdtempSync, rmSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { type Clock, SYSTEM_CLOCK } from '../../src/base/clock.js';
import type { NewHostEvent } from '../../src/base/host-event.js';
import { type PaneName, paneName, sessionName } from '../../src/base/ids.js';
import { LoopShare } from '../../src/base/loop-share.js';
import type { PaneDescription, PaneState } from '../../src/base/pane.js';
import type { ReloadReport } from '../../src/base/reload-report.js';
import { EventLog } from '../../src/host/events/event-log.js';
import { DoorKey } from '../../src/host/pane-door/door-key.js';
import type { SessionPlan } from '../../src/host/plan/session-plan.js';
import type { HostSessionOptions } from '../../src/host/session/host-session.js';
import { LocalHost } from '../../src/host/session/local-host.js';
import { ProcessTable } from '../../src/host/tap/process-table.js';
import { SessionTaps, type SessionTapsOptions } from '../../src/host/tap/session-taps.js';
import { findTmux } from '../../src/host/tmux/tmux-binary.js';
import { TmuxServer } from '../../src/host/tmux/tmux-server.js';
import type { HostLink } from '../../src/link/host-link.js';
import { openLogger } from '../../src/log/logger.js';
import { eventually } from './eventually.js';
import { FakeHealth } from './fake-health.js';
import { getKeeperBinary, getTapBinary } from './native-binary.js';
import { planOf } from './session-plan.js';
import { TESTED_TMUX } from './tested-tmux.js';

const CHECKOUT = join(import.meta.dirname, '../..');

export const PAIR = sessionName('pair');
export const WORKER = { session: PAIR, pane: paneName('worker') };

interface PendingTimer {
  readonly delayMs: number;
  /** When it is due, by `SYSTEM_CLOCK.elapsed()`. */
  readonly dueAt: number;
  readonly work: () => void;
}

/** The tmux server as one host has it, which lets go of it when it is closed. */
class WatchedServer extends TmuxServer {
  readonly #server: TmuxServer;
  readonly #onRun: (args: readonly string[]) => void;

  constructor(server: TmuxServer, onRun: (args: readonly string[]) => void) {
    super(server);
    this.#server = server;
    this.#onRun = onRun;
  }

  override async run(args: readonly string[]): Promise<Buffer> {
    this.requireHeld();
    this.#onRun(args);
    return this.#server.run(args);
  }
}

/** The taps of a session, which tell each check of it that finds one of them connected. */
class CheckedTaps extends SessionTaps {
  readonly #onCheck: () => void;
  #isTold = false;

  constructor(options: SessionTapsOptions, onCheck: () => void) {
    super(options);
    this.#onCheck = onCheck;
  }

  /** Only a check asks this, and asks it of all panes before anything else happens. */
  override isTapped(pane: PaneName): boolean {
    const isTapped = super.isTapped(pane);
    if (isTapped && !this.#isTold) {
      this.#isTold = true;
      queueMicrotask(() => {
        this.#isTold = false;
        this.#onCheck();
      });
    }
    return isTapped;
  }
}

/** A host with one session, of one pane unless told otherwise, on a tmux server of its own. */
export class SmallHost implements AsyncDisposable {
  readonly directory: string;
  readonly server: TmuxServer;
  readonly health = new FakeHealth();
  /** What was recorded, by this host and those before `restart`. */
  readonly events: NewHostEvent[] = [];
  readonly log: string[] = [];
  readonly #logger = openLogger({
    level: 'info',
    destination: { write: (line) => this.log.push(line) },
  });
  readonly #doorKey: DoorKey;
  readonly #eventLog: EventLog;
  readonly #session: object;
  host: LocalHost;
  #checks = 0;
  readonly #timers = new Set<PendingTimer>();
  /** Whether log files have nowhere to be written. */
  isDiskFull = false;
  #next: object | undefined;
  /** Called before each tmux command that the host runs in a client of its own. */
  onTmux: (args: readonly string[]) => void = () => undefined;
  /** By how much somebody has set the wall clock forward or back. */
  jumpMs = 0;
  readonly #clock: Clock = {
    elapsed: () => SYSTEM_CLOCK.elapsed(),
    now: () => SYSTEM_CLOCK.now() + this.jumpMs,
    after: (delayMs, work) => this.#after(delayMs, work),
  };

  private constructor(
    parts: { directory: string; server: TmuxServer; doorKey: DoorKey },
    session: object,
  ) {
    this.directory = parts.directory;
    this.server = parts.server;
    this.#doorKey = parts.doorKey;
    this.#eventLog = EventLog.open({
      ...{ path: join(this.directory, 'events.jsonl'), clock: this.#clock, log: this.#logger },
    });
    this.#session = session;
    this.host = this.#make(session);
  }

  static async start(command: readonly string[] = ['cat']): Promise<SmallHost> {
    const panes = [{ name: WORKER.pane, title: 'worker', command, focus: true }];
    return SmallHost.startPlanned({ layout: 'even-horizontal', panes });
  }

  /** @param session as `config/triad.yaml` has it. */
  static async startPlanned(session: object): Promise<SmallHost> {
    const directory = mkdtempSync(join(tmpdir(), 'triad-host-'));
    const env = {
      PATH: process.env['PATH'] ?? '',
      LANG: 'C.UTF-8',
      SHELL: '/bin/sh',
      HOME: directory,
      TRIAD_RUN: `${basename(directory)}/pair`,
    };
    const binary = await findTmux(TESTED_TMUX, env);
    const server = new TmuxServer({ binary, socketPath: join(directory, 's'), env });
    const doorKey = await DoorKey.open(join(directory, 'door.key'));
    const small = new SmallHost({ directory, server, doorKey }, session);
    await small.host.open();
    return small;
  }

  plan(session: object): SessionPlan {
    return planOf(session, this.directory);
  }

  /** Closes the host and has a new one adopt the session, as after a restart of the process. */
  async restart(session = this.#session): Promise<void> {
    await this.host.close();
    this.#next = undefined;
    this.host = this.#make(session);
    await this.host.open();
  }

  /** Reloads, as when `triad.yaml` says something else from now on. */
  reload(session: object): Promise<ReloadReport> {
    this.#next = session;
    return this.host.reload();
  }

  /** What a gateway may ask of it. */
  get link(): HostLink {
    return this.host.link;
  }

  async pane(name: string): Promise<PaneDescription> {
    const [session] = await this.host.describe();
    const found = session?.panes.find((pane) => pane.name === name);
    if (found === undefined) throw new Error(`no pane ${name}`);
    return found;
  }

  /** Waits until a pane is in a state, maybe after some others. */
  async reaches(name: string, state: PaneState): Promise<PaneDescription> {
    return eventually(
      `${name} is ${state}`,
      async () => {
        const pane = await this.pane(name);
        return pane.state === state ? pane : undefined;
      },
      () => this.log.join(''),
    );
  }

  async tmux(...args: string[]): Promise<string> {
    return (await this.server.run(args)).toString().trimEnd();
  }

  /** Resolves when the check behind the keepers has looked at all there is now. */
  async checked(): Promise<void> {
    const before = this.#checks;
    await eventually('the session was checked twice', () => this.#checks >= before + 2);
  }

  /** Timers of the host that were not taken back and are not due yet. */
  get pendingTimers(): number {
    return this.#timers.size;
  }

  /** Lets time pass for what waits: what is due until then is done now, in its order, once. */
  pass(ms: number): void {
    const end = SYSTEM_CLOCK.elapsed() + ms;
    const due = [...this.#timers].filter(({ dueAt }) => dueAt <= end);
    for (const timer of due.sort((one, other) => one.dueAt - other.dueAt)) {
      // The work before may have cancelled it.
      if (this.#timers.has(timer)) timer.work();
    }
  }

  address(name: string): { session: typeof PAIR; pane: PaneName } {
    return { session: PAIR, pane: paneName(name) };
  }

  /** The reasons of a pane's changes of state, each with what it led to. */
  changes(name: string): string[] {
    const own = this.events.filter(({ kind, pane }) => kind === 'pane-state' && pane === name);
    return own.map(({ facts }) => `${facts['to']}: ${facts['reason']}`);
  }

  /** What a session of this host is made with. */
  options(session: object): HostSessionOptions {
    const { directory, health } = this;
    const server = new WatchedServer(this.server, (args) => this.onTmux(args));
    const clock = this.#clock;
    const log = this.#logger;
    const record = (event: NewHostEvent) => {
      this.events.push(event);
      return this.#eventLog.record(event).number;
    };
    const taps = {
      ...{ session: PAIR, directory, tapPath: getTapBinary().path, clock, log, record },
      ...{ logDirectory: join(directory, 'logs'), processes: new ProcessTable({ clock }) },
      openLogFile: (path: string) => open(this.isDiskFull ? '/dev/full' : path, 'a', 0o600),
    };
    return {
      ...{ plan: this.plan(session), server, directory, keeperPath: getKeeperBinary().path },
      ...{ cwd: directory, clock, random: Math.random, watchHealth: health.watch, log, record },
      tmuxConfig: { root: CHECKOUT, path: join(CHECKOUT, 'config/tmux.conf') },
      ...{ doorKey: this.#doorKey, programFolder: directory, share: new LoopShare() },
      homeMark: basename(directory),
      notesPath: join(directory, 'state', 'runs', 'pair.json'),
      history: this.#eventLog.panes,
      taps: new CheckedTaps(taps, () => (this.#checks += 1)),
      onDifferent: () => undefined,
      hostProblems: () => [],
    };
  }

  #after(delayMs: number, work: () => void): () => void {
    const takeBack = () => {
      stop();
      this.#timers.delete(timer);
    };
    const timer: PendingTimer = {
      delayMs,
      dueAt: SYSTEM_CLOCK.elapsed() + delayMs,
      work: () => {
        takeBack();
        work();
      },
    };
    const stop = SYSTEM_CLOCK.after(delayMs, timer.work);
    this.#timers.add(timer);
    return takeBack;
  }

  #make(session: object): LocalHost {
    return new LocalHost({
      ...{ plans: [this.plan(session)], events: this.#eventLog, onSessions: () => undefined },
      sessionOptions: () => this.options(session),
      readPlans: () => Promise.resolve([this.plan(this.#next ?? session)]),
      refreshTelemetry: () => Promise.resolve(),
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.link.endSession({ session: PAIR }).catch(() => undefined);
    await this.host.close();
    const left = [...this.#timers].map(({ delayMs }) => delayMs);
    // A host that was closed before has let go of it, and ends nothing any more.
    await this.server.run(['kill-server']).catch(() => undefined);
    this.#eventLog.close();
    rmSync(this.directory, { recursive: true, force: true });
    if (left.length > 0) throw new Error(`the host left timers of ${left.join(', ')} ms`);
  }
}
