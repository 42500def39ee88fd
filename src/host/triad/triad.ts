import { pause } from '../../base/clock.js';
import { withDeadline } from '../../base/deadline.js';
import { messageOf, UnavailableError } from '../../base/errors.js';
import type { EventKind, NewHostEvent } from '../../base/host-event.js';
import type { PaneName } from '../../base/ids.js';
import type { PaneAction, PaneDescription } from '../../base/pane.js';
import type { Part } from '../../base/part.js';
import type { ReloadChange } from '../../base/reload-report.js';
import type { SessionDescription, SessionState } from '../../base/session-description.js';
import { oneByOne } from '../../base/turns.js';
import { visible } from '../../base/visible.js';
import type { SessionPlan } from '../plan/session-plan.js';
import { ControlConnection, endLeftClients } from '../tmux/control-connection.js';
import { endLeftMirrors } from '../tmux/mirror-client.js';
import { limitsOf } from '../tmux/tmux-limits.js';
import type { TmuxServer } from '../tmux/tmux-server.js';
import { FoundPanes, findSession } from './found-panes.js';
import { LeftPanes, type LeftPanesOptions } from './left-panes.js';
import type { Pane } from './pane.js';
import { PaneMarks } from './pane-marks.js';
import { type ConnectKeeper, END_LIMIT_MS, PaneMender } from './pane-mender.js';
import type { PaneSurroundings } from './pane-options.js';
import { PaneSet } from './pane-set.js';
import { PaneTroubles } from './pane-troubles.js';
import { PlanChanger } from './plan-changer.js';
import { type RunHistory, RunRecord } from './run-record.js';
import { ServerProcess } from './server-process.js';
import { SessionBuilder, type SessionBuilderOptions } from './session-builder.js';
import { SessionWatch } from './session-watch.js';

/** Pauses before a session that ended is made again: doubled each time, so that a loop stays slow. */
const FIRST_PAUSE_MS = 1_000;
const LAST_PAUSE_MS = 60_000;
/** The pause before a pane that could not be repaired is tried again. */
const MEND_PAUSE_MS = 2_000;

export interface TriadOptions
  extends SessionBuilderOptions,
    PaneSurroundings,
    Pick<LeftPanesOptions, 'homeMark' | 'notesPath'> {
  /** Puts an event on record and returns its number; never throws. */
  readonly record: (event: NewHostEvent) => number;
  readonly history: RunHistory;
  /** Called when what people are shown of a pane has changed. */
  readonly onPaneChanged: (pane: PaneDescription) => void;
  /** Called with the panes of a found session that are missing, other than planned, or not planned. */
  readonly onDifferent: (panes: readonly PaneName[]) => void;
  /** Called when a window was opened or laid out anew, or the session was made again. */
  readonly onWindowsChanged: () => void;
  /** Called with each notification of tmux, and without a name when tmux is lost or can be asked again. */
  readonly onNotified: (name?: string, rest?: string) => void;
}

/**
 * Owns one session: its tmux server, the control connection and the panes. Promises that what an earlier
 * start left running is adopted as it is, and that a session that ended is made again after a pause. It must
 * never run a command twice, nor end one that nobody asked to end.
 */
export class Triad {
  readonly #options: TriadOptions;
  readonly #builder: SessionBuilder;
  readonly #panes: PaneSet;
  readonly #watch: SessionWatch;
  readonly #marks: PaneMarks;
  readonly #mender: PaneMender;
  readonly #changer: PlanChanger;
  readonly #process: ServerProcess;
  readonly #troubles: PaneTroubles;
  readonly #runs: RunRecord;
  readonly #left: LeftPanes;
  readonly #found: FoundPanes;
  /** The panes that are being repaired, or wait after that has failed. */
  readonly #mending = new Set<Pane>();
  #plan: SessionPlan;
  #state: SessionState = 'starting';
  #isAdopted = false;
  /** Whether its windows still have the size they were made with, since no terminal has come yet. */
  #isUnsized = false;
  /** Whether the session is being ended, or was closed here. */
  #isClosed = false;
  /** Aborted by `close`, so that work which is half done changes nothing any more. */
  readonly #closing = new AbortController();
  #sessionId = '';
  #control: ControlConnection | undefined;
  #pauseMs = FIRST_PAUSE_MS;
  #readyAt = 0;
  #cancelNext: () => void = () => undefined;
  /** Runs what changes the session's windows one after the other. */
  readonly #turns = oneByOne();
  /** Why the session cannot be supervised, and what happens next. */
  #trouble: string | undefined;
  /** Why the session was lost that is being made again. */
  #loss: string | undefined;

  constructor(options: TriadOptions) {
    const { clock, log, taps, plan, server } = options;
    this.#options = options;
    this.#plan = plan;
    this.#builder = new SessionBuilder(options);
    const session = plan.name;
    const onEnded = (pane: PaneName, pid: number | null) => this.#panes.left.ended(pane, pid);
    this.#runs = new RunRecord({ ...options, session, onEnded });
    this.#left = new LeftPanes({ ...options, session, runs: this.#runs });
    const find = () => this.#left.oldRuns.findServer();
    this.#process = new ServerProcess({ server, path: `${server.socketPath}.pid`, log, find });
    this.#troubles = new PaneTroubles({
      ...{ log, onPaneChanged: options.onPaneChanged },
      record: (kind, what, pane) => this.#record(kind, what, pane),
    });
    const getControl = () => this.getControl();
    this.#marks = new PaneMarks({ log, getControl });
    this.#watch = new SessionWatch({
      ...{ taps, clock, log, getControl, process: this.#process, sessionId: () => this.#sessionId },
      onThere: (names) => this.#seen(names),
      keeperSockets: {
        pathOf: (name) => this.#builder.keeperSocket(name),
        onFault: (name, fault, isMended) =>
          this.#troubles.keeperSocket(this.#panes.find(name), fault, isMended),
      },
    });
    const { positions, pipes } = this.#watch;
    this.#mender = new PaneMender({
      ...{ builder: this.#builder, positions, pipes, log, closing: this.#closing.signal },
      ...{ runs: this.#runs, oldRuns: this.#left.oldRuns },
      onClosed: ({ name }) => this.#paneClosed(name),
      onForgotten: ({ name }) => this.#panes.remove(name),
    });
    this.#panes = new PaneSet({
      ...{ ...options, session: plan.name, plans: plan.panes },
      onRemember: (pane, memory) => {
        this.#marks.remember(pane.id, memory);
        this.#left.remember(pane, memory);
      },
      onKeeperLost: (pane) => this.#mendSoon(pane),
      onPaneChanged: (pane) => {
        const program = this.#panes.find(pane.name)?.plan?.program;
        if (pane.state === 'starting') this.#marks.starting(pane.id, program);
        options.onPaneChanged(pane);
      },
    });
    this.#found = new FoundPanes({
      ...{ builder: this.#builder, mender: this.#mender, panes: this.#panes, left: this.#left },
      ...{ troubles: this.#troubles, server, log, closing: this.#closing.signal },
      onClosed: (name) => this.#paneClosed(name),
    });
    this.#changer = new PlanChanger({
      ...{ builder: this.#builder, panes: this.#panes, mender: this.#mender, positions, log, plan },
      closing: this.#closing.signal,
      inTurn: (work) => this.#turns.take(work),
      onWindowsChanged: options.onWindowsChanged,
    });
  }

  /**
   * Makes the session, or adopts the one that is there.
   *
   * @throws TmuxError with tmux's reason, and nothing stays half-made.
   */
  async open(): Promise<void> {
    const { pid } = this.#process;
    if (pid !== undefined) await this.server.program.follow(pid);
    await this.#process.keepSocket();
    const found = await this.#builder.find();
    this.#isAdopted = found !== undefined;
    if (this.#isAdopted) {
      await endLeftClients(this.server);
      await endLeftMirrors(this.server);
    } else this.#loss ??= await this.#left.recallSession(this.#panes, this.#process.loss);
    this.#isUnsized = !this.#isAdopted;
    this.#sessionId = found ?? (await this.#builder.create());
    let held: readonly Pane[];
    try {
      held = await this.#connect();
    } catch (error) {
      if (!this.#isAdopted) await this.#endWith(() => this.#builder.remove(this.#sessionId));
      this.#letGo();
      throw error;
    }
    if (this.#isOver()) return;
    this.#state = 'running';
    this.#readyAt = this.#options.clock.elapsed();
    this.#options.onWindowsChanged();
    this.#watch.start();
    this.#options.log.info({ adopted: this.#isAdopted }, 'session ready');
    this.#recordOpened();
    this.#panes.left.lookSoon();
    this.#loss = undefined;
    this.#trouble = undefined;
    for (const pane of held) this.#mendSoon(pane);
  }

  /** Ends the supervision at once, even where work is half done; the session and its commands go on. */
  close(): void {
    this.#isClosed = true;
    this.#closing.abort();
    this.#letGo();
    this.#left.oldRuns.close();
    this.#panes.close();
    this.server.letGo();
  }

  /**
   * Ends the session with its tmux server, each command in its turn and as its policy says.
   *
   * @throws UnavailableError when a process of it cannot be ended; all others are.
   */
  async end(): Promise<void> {
    this.#isClosed = true;
    this.#watch.stop();
    this.#cancelNext();
    await this.#turns.take(() => undefined);
    await this.#panes.stop(null, 'the session is ended').catch((error: unknown) => {
      this.#options.log.warn({ error }, 'commands not ended in order');
    });
    this.#state = 'ended';
    await this.#endWith(() => this.#process.end());
    try {
      // What a killed keeper ran is ended by nobody else.
      await this.#left.oldRuns.endAll(this.#panes.all);
    } finally {
      this.#runs.lostAllBut([], 'the session was ended');
      this.#left.forget();
      this.close();
      this.#record('session-ended', { text: 'session ended', facts: {} });
    }
  }

  get server(): TmuxServer {
    return this.#options.server;
  }

  /** @throws UnavailableError while the session is not running. */
  getSessionId(): string {
    if (this.#state !== 'running' || this.#isClosed) throw this.#unavailable();
    return this.#sessionId;
  }

  /** @throws UnavailableError while tmux cannot be asked. */
  getControl(): ControlConnection {
    if (this.#control === undefined) throw this.#unavailable();
    return this.#control;
  }

  /** The panes that are configured, and those that were found. */
  get panes(): readonly Pick<Pane, 'name' | 'id'>[] {
    return this.#panes.all;
  }

  /** @throws UnavailableError when there is no pane of that name. */
  getPane(name: PaneName): Pane {
    return this.#panes.get(name);
  }

  /** Whether tmux still has the session with that id; throws where tmux does not say. */
  async isThere(sessionId: string): Promise<boolean> {
    if (this.#state === 'ended') return false;
    return (await this.#builder.find()) === sessionId;
  }

  /** Does `action` to one pane, or with null to all. @throws RefusedError when the one to start runs already. */
  async supervise(action: PaneAction, name: PaneName | null): Promise<void> {
    this.getSessionId();
    await this.#panes[action](name);
  }

  /** Makes the session what `plan` says; only panes with another program are restarted. */
  async apply(plan: SessionPlan): Promise<ReloadChange[]> {
    const sessionId = this.getSessionId();
    this.#plan = plan;
    return this.#changer.apply(sessionId, plan);
  }

  /** Notes that the windows have their size now, for which a new session is laid out again. */
  async sized(): Promise<void> {
    if (!this.#isUnsized) return;
    this.#isUnsized = false;
    await this.#turns.take(() => this.#builder.arrangeUntouched(this.getSessionId()));
  }

  describe(): SessionDescription {
    const { server } = this.#options;
    return {
      name: this.#plan.name,
      state: this.#state,
      socket: server.socketPath,
      tmuxVersion: server.program.version,
      ...{ adopted: this.#isAdopted, opened: this.#watch.opened },
      limits: limitsOf(
        server.program.version,
        this.#plan.panes.map(({ historyLines }) => historyLines),
      ),
      problems: [this.#trouble, server.program.trouble].filter((problem) => problem !== undefined),
      panes: this.#panes.all.map((pane) => pane.describe()),
    };
  }

  /** The parts to watch. */
  get parts(): readonly Part[] {
    return [this.#process, this.#left.part, this.#watch.pipes, this.server.clients];
  }

  /** @returns the panes of which an earlier run lives on; it has to end before they are taken over. */
  async #connect(): Promise<readonly Pane[]> {
    await this.#builder.requireConfiguration();
    await this.#builder.guardDeadPanes(this.#sessionId);
    await this.#openControl();
    await this.#watch.checkAnew(this.#isAdopted);
    const found = await findSession(this.#builder, this.#sessionId, this.#plan);
    if (this.#isAdopted && found.different.length > 0) this.#options.onDifferent(found.different);
    const note = this.#loss === undefined ? undefined : `triad: session made again: ${this.#loss}`;
    const takeover = { sessionId: this.#sessionId, found, isAdopted: this.#isAdopted, note };
    const held = await this.#found.lead(takeover);
    this.#runs.lostAllBut(this.#panes.all, 'its pane is gone');
    this.#panes.recheck();
    return held;
  }

  async #openControl(): Promise<void> {
    const { onWindowsChanged, onNotified } = this.#options;
    const control = await ControlConnection.open(this.server, this.#sessionId, (name, rest) => {
      if (name === 'window-add') onWindowsChanged();
      onNotified(name, rest);
    });
    this.#control = control;
    void control.closed.then(() => this.#controlLost(control));
    const fields = { pid: 'pid', version: 'version' } as const;
    const [server] = await control.rows('display-message', fields);
    if (server === undefined) return;
    this.#process.remember(server.pid);
    await this.server.program.follow(server.pid, server.version);
  }

  #seen(there: ReadonlySet<PaneName>): void {
    for (const pane of this.#panes.all) {
      const isHere = there.has(pane.name);
      const needsRepair = isHere ? pane.id === null : pane.hasHadKeeper || pane.hasTrouble;
      if (needsRepair) this.#mendSoon(pane);
    }
  }

  /** Replaces a keeper that was killed, and makes a pane again that was closed. */
  #mendSoon(pane: Pane): void {
    if (this.#isClosed || this.#state !== 'running' || this.#mending.has(pane)) return;
    this.#mending.add(pane);
    const mended = this.#mend(pane).catch(async (error: unknown) => {
      if (this.#isClosed) return;
      this.#troubles.unreachable(pane, error);
      const { clock } = this.#options;
      await pause({ clock, delayMs: MEND_PAUSE_MS, signal: this.#closing.signal });
    });
    void mended.then(() => this.#mending.delete(pane));
  }

  /** Changes windows in turn, and connects out of turn: a keeper that does not answer delays no other pane. */
  async #mend(pane: Pane): Promise<void> {
    const connects: ConnectKeeper[] = [];
    await this.#mender.free(this.#sessionId, pane);
    await this.#turns.take(async () => {
      const isOurs = this.#panes.find(pane.name) === pane;
      if (this.#isClosed || this.#state !== 'running' || !isOurs) return;
      const connect = await this.#mender.mend(this.#sessionId, pane);
      if (connect !== undefined) connects.push(connect);
    });
    for (const connect of connects) {
      this.#options.onWindowsChanged();
      await connect();
    }
  }

  #paneClosed(pane: PaneName): void {
    this.#options.log.warn({ pane }, 'pane was closed, making it again');
    const text = `${pane} was closed, and is made again`;
    this.#record('pane-closed', { text, facts: {} }, pane);
  }

  #recordOpened(): void {
    const facts = { reason: this.#loss ?? null, pid: this.#process.notedPid };
    const why = this.#loss === undefined ? '' : ` again: ${this.#loss}`;
    const [kind, verb] = this.#isAdopted
      ? (['session-adopted', 'taken over'] as const)
      : (['session-made', 'made'] as const);
    this.#record(kind, { text: `session ${verb}${why}`, facts });
  }

  #record(kind: EventKind, what: Pick<NewHostEvent, 'text' | 'facts'>, pane?: PaneName): void {
    this.#options.record({ kind, session: this.#plan.name, pane: pane ?? null, by: null, ...what });
  }

  #controlLost(control: ControlConnection): void {
    if (this.#isClosed || control !== this.#control) return;
    this.#control = undefined;
    this.#options.onNotified();
    void this.#turns.take(() => this.#recover());
  }

  /** Handles a lost connection: the session is gone, or somebody detached it, or tmux does not answer. */
  async #recover(): Promise<void> {
    try {
      await this.#process.keepSocket();
      if (!(await this.isThere(this.#sessionId))) {
        this.#lost();
        return;
      }
      await this.#openControl();
      if (this.#isOver()) return;
      this.#trouble = undefined;
      this.#options.log.warn('control connection made again');
      this.#marks.again();
      // This sets a size that was to be set while the connection was lost.
      this.#options.onWindowsChanged();
      this.#options.onNotified();
    } catch (error) {
      if (this.#isClosed) return;
      this.#options.log.warn({ error }, 'tmux does not answer');
      this.#trouble = `tmux does not answer: ${visible(messageOf(error))}; what runs goes on, and it is asked again`;
      this.#soon(() => this.#recover());
    }
  }

  #lost(): void {
    const { clock, log } = this.#options;
    if (clock.elapsed() - this.#readyAt > LAST_PAUSE_MS) this.#pauseMs = FIRST_PAUSE_MS;
    const reason = this.#process.loss;
    this.#state = 'starting';
    this.#watch.stop();
    this.#loss = reason;
    log.error({ reason, pauseMs: this.#pauseMs }, 'session ended, making it again after a pause');
    this.#record('session-lost', { text: `session lost: ${reason}`, facts: { reason } });
    this.#soon(() => this.#makeAgain(reason));
  }

  async #makeAgain(reason: string): Promise<void> {
    // The commands must have ended first: one that takes its time must not run twice.
    await this.#endWith(() => Promise.resolve());
    this.#letGo();
    this.#marks.forget();
    for (const pane of this.#panes.all) pane.lost(reason);
    try {
      await this.open();
    } catch (error) {
      if (this.#isClosed) return;
      this.#options.log.error({ error, reason: messageOf(error) }, 'session not made');
      this.#trouble = `the session cannot be made again: ${visible(messageOf(error))}; put that right, it is tried again`;
      this.#soon(() => this.#makeAgain(reason));
    }
  }

  /** Whether to stop opening. A session that is being ended keeps its keepers, which end the commands. */
  #isOver(): boolean {
    if (this.#closing.signal.aborted) this.#letGo();
    return this.#isClosed;
  }

  #soon(work: () => Promise<void>): void {
    if (this.#isClosed) return;
    this.#cancelNext = this.#options.clock.after(this.#pauseMs, () => void this.#turns.take(work));
    this.#pauseMs = Math.min(this.#pauseMs * 2, LAST_PAUSE_MS);
  }

  async #endWith(kill: () => Promise<unknown>): Promise<void> {
    const gone = Promise.all(this.#panes.all.map((pane) => pane.gone()));
    try {
      await kill();
      await withDeadline(gone, END_LIMIT_MS, 'the commands of the session');
    } catch (error) {
      this.#options.log.warn({ error }, 'session not ended in order');
    }
  }

  #letGo(): void {
    this.#cancelNext();
    this.#watch.stop();
    for (const pane of this.#panes.all) pane.letGo();
    const control = this.#control;
    this.#control = undefined;
    control?.close();
  }

  #unavailable(): UnavailableError {
    return new UnavailableError(`session ${this.#plan.name} is not running`);
  }
}
