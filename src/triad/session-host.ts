import { withDeadline } from '../base/deadline.js';
import { ConfigurationError, RefusedError, UnavailableError } from '../base/errors.js';
import type { PaneId, PaneName } from '../base/ids.js';
import type { SessionDescription, SessionState } from '../link/host-link.js';
import type { Logger } from '../log/logger.js';
import { ControlConnection } from '../tmux/control-connection.js';
import { quoteArgument } from '../tmux/control-quoting.js';
import type { TmuxServer } from '../tmux/tmux-server.js';
import { KeeperConnection } from './keeper-connection.js';
import { Pane } from './pane.js';
import { type FoundPane, SessionBuilder, type SessionBuilderOptions } from './session-builder.js';

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
  /** A window was opened or laid out anew, or the session was made again. */
  readonly onWindowsChanged: () => void;
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
  #state: SessionState = 'starting';
  #isAdopted = false;
  #isClosed = false;
  #sessionId = '';
  #control: ControlConnection | undefined;
  #pauseMs = FIRST_PAUSE_MS;
  #readyAt = 0;
  #timer: NodeJS.Timeout | undefined;

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
    this.#sessionId = found ?? (await this.#builder.create());
    try {
      await this.#connect();
    } catch (error) {
      if (!this.#isAdopted) await this.end();
      throw error;
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
    const gone = Promise.all([...this.#panes.values()].map((pane) => pane.gone()));
    try {
      await this.#options.server.run(['kill-server']);
      await withDeadline(gone, END_LIMIT_MS, 'the commands of the session');
    } catch (error) {
      this.#options.log.warn({ error }, 'session not ended in order');
    }
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
    const sessionId = this.getSessionId();
    const id = await this.#builder.addPane(sessionId, plan);
    await this.#builder.arrange(sessionId);
    await this.#adoptPane(pane, { id, name, isDead: false });
    this.#options.onWindowsChanged();
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
    for (const found of await this.#builder.findPanes(this.#sessionId)) {
      await this.#adoptPane(this.#panes.get(found.name) ?? this.#addPane(found.name), found);
    }
    this.#options.onWindowsChanged();
  }

  /** tmux throws a faulty file away without a word; the file's last line proves that it was read. */
  async #requireConfiguration(): Promise<void> {
    const answer = await this.#options.server.run(['show-options', '-gqv', '@triad_conf']);
    if (answer.toString().trim() === '1') return;
    throw new ConfigurationError(`${this.#options.tmuxConfigPath}: was not applied by tmux`);
  }

  async #openControl(): Promise<void> {
    const control = await ControlConnection.open(this.server, this.#sessionId, (name) => {
      if (name === 'window-add') this.#options.onWindowsChanged();
    });
    this.#control = control;
    void control.closed.then(() => this.#controlLost(control));
  }

  async #adoptPane(pane: Pane, found: FoundPane): Promise<void> {
    if (found.isDead) await this.#builder.respawn(found);
    const socketPath = this.#builder.keeperSocket(pane.name);
    pane.adopt(found.id, await KeeperConnection.connect({ socketPath, deadlineMs: KEEPER_LIMIT_MS }));
    await pane.started();
  }

  /** A keeper that was killed gets a successor in its pane; a pane that was closed stays closed. */
  async #repair(pane: Pane): Promise<void> {
    if (this.#state !== 'running') return;
    try {
      const panes = await this.#builder.findPanes(this.#sessionId);
      const found = panes.find((each) => each.name === pane.name);
      if (found !== undefined) await this.#adoptPane(pane, found);
    } catch (error) {
      this.#options.log.error({ error, pane: pane.name }, 'pane not repaired');
    }
  }

  #addPane(name: PaneName): Pane {
    const { plan, log } = this.#options;
    const program = plan.panes.find((each) => each.name === name)?.program;
    const showNote = (id: PaneId, note: string) => this.#showNote(id, note);
    const onKeeperLost = () => {
      const timer = setTimeout(() => void this.#repair(pane), REPAIR_PAUSE_MS);
      this.#repairs.set(name, timer);
    };
    const pane: Pane = new Pane({ name, program, log, showNote, onKeeperLost });
    this.#panes.set(name, pane);
    return pane;
  }

  #showNote(id: PaneId, note: string): void {
    const set = ['-p', '-t', id, '@triad_note', quoteArgument(note)];
    this.#control?.ask('set-option', set).catch((error: unknown) => {
      this.#options.log.debug({ error }, 'pane note not shown');
    });
  }

  #controlLost(control: ControlConnection): void {
    if (this.#isClosed || control !== this.#control) return;
    this.#control = undefined;
    void this.#recover();
  }

  /** The connection is gone: the session too, or somebody detached it, or tmux does not answer. */
  async #recover(): Promise<void> {
    try {
      if (await this.isThere(this.#sessionId)) {
        await this.#openControl();
        this.#options.log.warn('control connection made again');
        return;
      }
      this.#ended();
    } catch (error) {
      this.#options.log.warn({ error }, 'tmux does not answer');
      this.#later(() => this.#recover());
    }
  }

  #ended(): void {
    if (Date.now() - this.#readyAt > LAST_PAUSE_MS) this.#pauseMs = FIRST_PAUSE_MS;
    this.#state = 'ended';
    this.#release();
    this.#options.log.error({ pauseMs: this.#pauseMs }, 'session ended, making it again after a pause');
    this.#later(async () => {
      try {
        await this.open();
      } catch (error) {
        this.#options.log.error({ error }, 'session not made');
        this.#ended();
      }
    });
  }

  #later(work: () => Promise<void>): void {
    if (this.#isClosed) return;
    this.#timer = setTimeout(() => void work(), this.#pauseMs);
    this.#pauseMs = Math.min(this.#pauseMs * 2, LAST_PAUSE_MS);
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
