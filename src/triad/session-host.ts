import { withDeadline } from '../base/deadline.js';
import { ConfigurationError, RefusedError, UnavailableError } from '../base/errors.js';
import type { PaneId, PaneName } from '../base/ids.js';
import type { SessionDescription, SessionState } from '../link/host-link.js';
import type { Logger } from '../log/logger.js';
import { ControlConnection } from '../tmux/control-connection.js';
import { quoteArgument } from '../tmux/control-quoting.js';
import { endLeftClients } from '../tmux/left-clients.js';
import { endLeftMirrors } from '../tmux/mirror-client.js';
import type { TmuxServer } from '../tmux/tmux-server.js';
import { KeeperConnection } from './keeper-connection.js';
import { Pane } from './pane.js';
import {
  type FoundPane,
  programMark,
  SessionBuilder,
  type SessionBuilderOptions,
} from './session-builder.js';
import type { PanePlan } from './session-plan.js';

/** A keeper listens within milliseconds of its start; a machine under load takes longer. */
const KEEPER_LIMIT_MS = 10_000;
/** Pauses before a session that ended is made again: doubled each time, so that a loop stays slow. */
const FIRST_PAUSE_MS = 1_000;
const LAST_PAUSE_MS = 60_000;
/** Keepers give a command 7 s to end before they kill it. */
const END_LIMIT_MS = 15_000;
/** A keeper that dies at once must not make a busy loop. */
const REPAIR_PAUSE_MS = 500;

export interface SessionHostOptions extends SessionBuilderOptions {
  readonly log: Logger;
  /** What was found running is not what is planned: the panes that are missing, other or unknown. */
  readonly onDifferent: (panes: readonly PaneName[]) => void;
  /** A window was opened or laid out anew, or the session was made again. */
  readonly onWindowsChanged: () => void;
  /** tmux told of anything, or cannot be asked any more, or can be asked again. */
  readonly onStirred: () => void;
}

/**
 * Keeps one session: its tmux server, the control connection and the panes. What an earlier start
 * left running is adopted as it is; a session that ended is made again after a pause.
 */
export class SessionHost {
  readonly #options: SessionHostOptions;
  readonly #builder: SessionBuilder;
  readonly #panes = new Map<PaneName, Pane>();
  readonly #repairs = new Map<PaneName, NodeJS.Timeout>();
  readonly #mending = new Set<Pane>();
  #state: SessionState = 'starting';
  #isAdopted = false;
  #isClosed = false;
  #sessionId = '';
  #control: ControlConnection | undefined;
  #pauseMs = FIRST_PAUSE_MS;
  #readyAt = 0;
  #timer: NodeJS.Timeout | undefined;
  /** What the timer has begun; never rejects. */
  #later: Promise<void> = Promise.resolve();

  constructor(options: SessionHostOptions) {
    this.#options = options;
    this.#builder = new SessionBuilder(options);
    for (const plan of options.plan.panes) this.#addPane(plan.name);
  }

  /**
   * Makes the session, or adopts the one that is there.
   *
   * @throws TmuxError with tmux's reason, and nothing stays half-made.
   */
  async open(): Promise<void> {
    const found = await this.#builder.find();
    this.#isAdopted = found !== undefined;
    if (this.#isAdopted) {
      await endLeftClients(this.server);
      await endLeftMirrors(this.server);
    }
    this.#sessionId = found ?? (await this.#builder.create());
    try {
      await this.#connect();
    } catch (error) {
      if (!this.#isAdopted) await this.#endWith(() => this.#builder.remove(this.#sessionId));
      this.#release();
      throw error;
    }
    if (this.#isClosed) {
      this.#release();
      return;
    }
    this.#state = 'running';
    this.#readyAt = Date.now();
    this.#options.log.info({ adopted: this.#isAdopted }, 'session ready');
  }

  /** Lets go of everything; the session and its commands go on. */
  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    this.#release();
  }

  /** Ends the session with its tmux server, and resolves when every command in it has ended. */
  async end(): Promise<void> {
    this.#isClosed = true;
    this.#state = 'ended';
    clearTimeout(this.#timer);
    await this.#later;
    await this.#endWith(() => this.server.run(['kill-server']));
    this.#release();
  }

  get server(): TmuxServer {
    return this.#options.server;
  }

  /** @throws UnavailableError while the session is not running. */
  getSessionId(): string {
    if (this.#state !== 'running') throw this.#unavailable();
    return this.#sessionId;
  }

  /** @throws UnavailableError while tmux cannot be asked. */
  getControl(): ControlConnection {
    if (this.#control === undefined) throw this.#unavailable();
    return this.#control;
  }

  /** @throws UnavailableError when there is no pane of that name. */
  getPane(name: PaneName): Pane {
    const pane = this.#panes.get(name);
    if (pane === undefined) throw new UnavailableError(`there is no pane ${name}`);
    return pane;
  }

  /** Whether tmux still has the session with that id; throws where tmux does not say. */
  async isThere(sessionId: string): Promise<boolean> {
    return (await this.#builder.find()) === sessionId;
  }

  /** Ends and starts a pane's command; a pane that somebody closed is made again. */
  async restartPane(name: PaneName): Promise<void> {
    const pane = this.getPane(name);
    if (pane.id !== null) return pane.restart();
    const plan = this.#options.plan.panes.find((each) => each.name === name);
    if (plan === undefined) throw new RefusedError(`${name} is closed and not configured`);
    if (this.#mending.has(pane)) throw new RefusedError(`${name} is being restarted already`);
    await this.#mend(pane, plan);
  }

  describe(): SessionDescription {
    const { plan, server } = this.#options;
    return {
      name: plan.name,
      state: this.#state,
      socket: server.socketPath,
      tmuxVersion: server.binary.version,
      adopted: this.#isAdopted,
      panes: [...this.#panes.values()].map((pane) => pane.describe()),
    };
  }

  async #connect(): Promise<void> {
    await this.#requireConfiguration();
    await this.#openControl();
    const there = await this.#builder.findPanes(this.#sessionId);
    if (this.#isAdopted) this.#compare(there);
    for (const found of there) {
      await this.#adoptPane(this.#panes.get(found.name) ?? this.#addPane(found.name), found);
    }
    this.#options.onWindowsChanged();
  }

  #compare(there: readonly FoundPane[]): void {
    const { plan, onDifferent } = this.#options;
    const planned = new Map(plan.panes.map(({ name, program }) => [name, programMark(program)]));
    const found = new Map(there.map((pane) => [pane.name, pane.programMark]));
    const names = new Set([...planned.keys(), ...found.keys()]);
    const different = [...names].filter((name) => found.get(name) !== planned.get(name));
    if (different.length > 0) onDifferent(different);
  }

  /** tmux throws a faulty file away without a word; the file's last line proves that it was read. */
  async #requireConfiguration(): Promise<void> {
    const answer = await this.#options.server.run(['show-options', '-gqv', '@triad_conf']);
    if (answer.toString().trim() === '1') return;
    throw new ConfigurationError(`${this.#options.tmuxConfigPath}: was not applied by tmux`);
  }

  async #openControl(): Promise<void> {
    const { onWindowsChanged, onStirred } = this.#options;
    const control = await ControlConnection.open(this.server, this.#sessionId, (name) => {
      if (name === 'window-add') onWindowsChanged();
      onStirred();
    });
    this.#control = control;
    void control.closed.then(() => this.#controlLost(control));
  }

  async #adoptPane(pane: Pane, found: FoundPane): Promise<void> {
    if (found.isDead) await this.#builder.respawn(found);
    const socketPath = this.#builder.keeperSocket(pane.name);
    pane.adopt(
      found.id,
      await KeeperConnection.connect({ socketPath, deadlineMs: KEEPER_LIMIT_MS }),
    );
    await pane.started();
  }

  /** A keeper that was killed gets a successor in its pane; a pane that was closed stays closed. */
  async #repair(pane: Pane): Promise<void> {
    if (this.#state !== 'running' || pane.id !== null || this.#mending.has(pane)) return;
    try {
      await this.#mend(pane, undefined);
    } catch (error) {
      this.#options.log.error({ error, pane: pane.name }, 'pane not repaired');
    }
  }

  /** Gives a pane its keeper back; where tmux has no such pane any more, makes it by `plan`. */
  async #mend(pane: Pane, plan: PanePlan | undefined): Promise<void> {
    this.#mending.add(pane);
    try {
      const sessionId = this.getSessionId();
      const panes = await this.#builder.findPanes(sessionId);
      let found = panes.find((each) => each.name === pane.name);
      if (found === undefined && plan !== undefined) {
        found = await this.#builder.addPane(sessionId, plan);
        await this.#builder.arrange(sessionId);
      }
      if (found === undefined) return;
      await this.#adoptPane(pane, found);
      this.#options.onWindowsChanged();
    } finally {
      this.#mending.delete(pane);
    }
  }

  #addPane(name: PaneName): Pane {
    const { plan, log } = this.#options;
    const program = plan.panes.find((each) => each.name === name)?.program;
    const showNote = (id: PaneId, note: string) => this.#setOption(id, '@triad_note', note);
    const onStart = (id: PaneId) => {
      if (program !== undefined) this.#setOption(id, '@triad_program', programMark(program));
    };
    const onKeeperLost = () => {
      const timer = setTimeout(() => void this.#repair(pane), REPAIR_PAUSE_MS);
      this.#repairs.set(name, timer);
    };
    const pane: Pane = new Pane({ name, program, log, showNote, onStart, onKeeperLost });
    this.#panes.set(name, pane);
    return pane;
  }

  #setOption(id: PaneId, option: string, value: string): void {
    const set = ['-p', '-t', id, option, quoteArgument(value)];
    this.#control?.ask('set-option', set).catch((error: unknown) => {
      this.#options.log.debug({ error, option }, 'pane option not set');
    });
  }

  #controlLost(control: ControlConnection): void {
    if (this.#isClosed || control !== this.#control) return;
    this.#control = undefined;
    this.#options.onStirred();
    this.#later = this.#recover();
  }

  /** The connection is gone: the session too, or somebody detached it, or tmux does not answer. */
  async #recover(): Promise<void> {
    try {
      if (await this.isThere(this.#sessionId)) {
        await this.#openControl();
        if (this.#isClosed) {
          this.#release();
          return;
        }
        this.#options.log.warn('control connection made again');
        // A size that was to be set meanwhile is not lost.
        this.#options.onWindowsChanged();
        this.#options.onStirred();
        return;
      }
      this.#ended();
    } catch (error) {
      this.#options.log.warn({ error }, 'tmux does not answer');
      this.#soon(() => this.#recover());
    }
  }

  #ended(): void {
    if (Date.now() - this.#readyAt > LAST_PAUSE_MS) this.#pauseMs = FIRST_PAUSE_MS;
    this.#state = 'ended';
    this.#options.log.error(
      { pauseMs: this.#pauseMs },
      'session ended, making it again after a pause',
    );
    this.#soon(async () => {
      // A command that takes its time to end must not run twice.
      await this.#endWith(() => Promise.resolve());
      this.#release();
      try {
        await this.open();
      } catch (error) {
        this.#options.log.error({ error }, 'session not made');
        this.#ended();
      }
    });
  }

  /** @param work never rejects. */
  #soon(work: () => Promise<void>): void {
    if (this.#isClosed) return;
    this.#timer = setTimeout(() => {
      this.#later = work();
    }, this.#pauseMs);
    this.#pauseMs = Math.min(this.#pauseMs * 2, LAST_PAUSE_MS);
  }

  async #endWith(kill: () => Promise<unknown>): Promise<void> {
    const gone = Promise.all([...this.#panes.values()].map((pane) => pane.gone()));
    try {
      await kill();
      await withDeadline(gone, END_LIMIT_MS, 'the commands of the session');
    } catch (error) {
      this.#options.log.warn({ error }, 'session not ended in order');
    }
  }

  #release(): void {
    for (const timer of this.#repairs.values()) clearTimeout(timer);
    for (const pane of this.#panes.values()) pane.release();
    const control = this.#control;
    this.#control = undefined;
    control?.close();
  }

  #unavailable(): UnavailableError {
    return new UnavailableError(`session ${this.#options.plan.name} is not running`);
  }
}
