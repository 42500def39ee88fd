import { randomBytes } from 'node:crypto';
import type { ColumnRules } from '../../base/columns.js';
import { messageOf, UnavailableError } from '../../base/errors.js';
import type { ViewEnd } from '../../base/view.js';
import type { WindowLayout } from '../../base/window-layout.js';
import type { MirrorRequest, MirrorView } from '../../link/host-link.js';
import type { Logger } from '../../log/logger.js';
import type { ControlConnection } from '../tmux/control-connection.js';
import { grouped, openMirrorClient } from '../tmux/mirror-client.js';
import type { PtyProcess } from '../tmux/pty-process.js';
import { panesOf, type Row } from '../tmux/rows.js';
import { endTmuxClient, repaintTmuxClient } from '../tmux/tmux-client.js';
import type { TmuxServer } from '../tmux/tmux-server.js';
import { LAYOUT_PANE, type ShownWindow, shownWindow } from './window-layout.js';

/** The interval of the check for what tmux does not tell: a suspended client, the name of a new pane. */
const CHECK_INTERVAL_MS = 1_000;
/** Pauses before an ended client is opened again: doubled each time, so that one that keeps ending costs little. */
const FIRST_PAUSE_MS = 50;
const LAST_PAUSE_MS = 5_000;
/** After a client has lived that long, the first pause counts again. */
const STABLE_MS = 10_000;
/** The interval of repaints while programs write, and once after: tmux sometimes draws wrongly. */
const REPAINT_INTERVAL_MS = 3_000;

export interface MirrorOptions {
  readonly request: MirrorRequest;
  readonly server: TmuxServer;
  readonly sessionId: string;
  /** Throws UnavailableError while tmux cannot be asked. */
  readonly getControl: () => ControlConnection;
  readonly columns: () => Promise<ColumnRules>;
  readonly isSessionThere: () => Promise<boolean>;
  readonly log: Logger;
}

/**
 * One session as one read-only tmux client sees it, in a grouped session of its own. It checks tmux
 * (`check`) at each notification and once a second, and repairs what is wrong: its window and size, its
 * client where somebody has moved it, and clients of others in its session.
 */
export class MirrorFeed implements MirrorView {
  readonly ended: Promise<ViewEnd>;
  readonly #options: MirrorOptions;
  /** The name of the grouped session, a new one for each client: the last session may not be gone yet. */
  #name = '';
  #settle: (end: ViewEnd) => void = () => undefined;
  #reason: ViewEnd['reason'] | undefined;
  #client: PtyProcess | undefined;
  #openedAtMs = 0;
  #pauseMs = FIRST_PAUSE_MS;
  #reopening: NodeJS.Timeout | undefined;
  #layout: WindowLayout | undefined;
  #isChecking = false;
  #isCheckAsked = false;
  #nextCheck: NodeJS.Timeout | undefined;
  #repaintedAtMs = 0;
  #isBlocked = false;
  #hasDropped = false;
  #heldLayout: WindowLayout | undefined;

  constructor(options: MirrorOptions) {
    this.#options = options;
    this.ended = new Promise((resolve) => {
      this.#settle = resolve;
    });
  }

  /**
   * Tells the first layout and starts the client; to be called once.
   *
   * @throws UnavailableError when the session cannot be mirrored; the mirror has failed then.
   */
  async open(): Promise<void> {
    try {
      const [{ shown }, columns] = await Promise.all([this.#ask(), this.#options.columns()]);
      if (this.#reason !== undefined) throw new UnavailableError('the mirror was closed');
      this.#openClient(shown.layout);
      this.#options.request.onColumns?.(columns);
      this.#tell(shown.layout);
    } catch (cause) {
      this.#finish('failed');
      if (cause instanceof UnavailableError) throw cause;
      throw new UnavailableError('the session cannot be mirrored', { cause });
    }
    this.#schedule();
  }

  setBlocked(isBlocked: boolean): void {
    this.#isBlocked = isBlocked;
    if (isBlocked) return;
    const layout = this.#heldLayout;
    this.#heldLayout = undefined;
    if (layout !== undefined) this.#options.request.onLayout(layout);
    if (this.#hasDropped) this.#repaint();
    this.#hasDropped = false;
  }

  close(): void {
    this.#finish('closed');
  }

  /** Checks at once, or again after the check that is under way. */
  check(): void {
    this.#isCheckAsked = true;
    if (!this.#isChecking && this.#layout !== undefined) void this.#checkAgain();
  }

  async #checkAgain(): Promise<void> {
    this.#isChecking = true;
    clearTimeout(this.#nextCheck);
    while (this.#isCheckAsked && this.#reason === undefined) {
      this.#isCheckAsked = false;
      await this.#checkOnce();
    }
    this.#isChecking = false;
    this.#schedule();
  }

  #schedule(): void {
    if (this.#reason !== undefined) return;
    this.#nextCheck = setTimeout(() => this.check(), CHECK_INTERVAL_MS);
  }

  async #checkOnce(): Promise<void> {
    try {
      const { shown, clients } = await this.#ask();
      if (this.#reason !== undefined) return;
      this.#follow(shown);
      await this.#sendBack(clients);
      await this.#repair(shown, clients);
    } catch (error) {
      this.#options.log.debug({ reason: messageOf(error) }, 'mirror not checked');
      await this.#endIfGone();
    }
  }

  async #ask(): Promise<{ shown: ShownWindow; clients: SessionClient[] }> {
    const control = this.#options.getControl();
    const [panes, clients] = await Promise.all([
      panesOf(control, this.#options.sessionId, LAYOUT_PANE),
      control.rows('list-clients', CLIENT),
    ]);
    const shown = shownWindow(panes);
    if (shown === undefined) throw new UnavailableError('the session has no window');
    return { shown, clients };
  }

  #follow({ layout, activeAt }: ShownWindow): void {
    if (JSON.stringify(layout) !== JSON.stringify(this.#layout)) {
      this.#tell(layout);
      this.#client?.resize(layout.size);
    }
    const times = { activeAt, repaintedAtMs: this.#repaintedAtMs, nowMs: Date.now() };
    if (isRepaintDue(times)) this.#repaint();
  }

  /** Sends clients of others back to the shared session: in ours they could not type. */
  async #sendBack(clients: readonly SessionClient[]): Promise<void> {
    const { getControl, sessionId } = this.#options;
    for (const { pid, name, sessionName } of clients) {
      if (sessionName !== this.#name || pid === this.#client?.pid) continue;
      await getControl().ask('switch-client', ['-E', '-c', name, '-t', sessionId]);
    }
  }

  async #repair(shown: ShownWindow, clients: readonly SessionClient[]): Promise<void> {
    const client = this.#client;
    const own = clients.find(({ pid }) => pid === client?.pid);
    if (client === undefined || own === undefined) return;
    if (own.sessionName !== this.#name) {
      endTmuxClient(client);
      return;
    }
    if (own.flags.includes('suspended')) client.kill('SIGCONT');
    if (own.windowId === shown.id) return;
    const target = `${grouped(this.#name)}${shown.id}`;
    await this.#options.getControl().ask('select-window', ['-t', target]);
  }

  #tell(layout: WindowLayout): void {
    this.#layout = layout;
    if (this.#isBlocked) this.#heldLayout = layout;
    else this.#options.request.onLayout(layout);
  }

  /** Passes output on, or drops it while the view is blocked: unread output would grow the tmux server. */
  #deliver(bytes: Uint8Array): void {
    if (this.#isBlocked) this.#hasDropped = true;
    else this.#options.request.onOutput(bytes);
  }

  #repaint(): void {
    this.#repaintedAtMs = Date.now();
    if (this.#client !== undefined) repaintTmuxClient(this.#client);
  }

  #openClient({ size }: WindowLayout): void {
    const { server, sessionId } = this.#options;
    const name = `mirror-${randomBytes(4).toString('hex')}`;
    const onOutput = (bytes: Uint8Array) => this.#deliver(bytes);
    const client = openMirrorClient({ server, sessionId, name, size, onOutput });
    this.#name = name;
    this.#client = client;
    this.#openedAtMs = performance.now();
    this.#repaintedAtMs = Date.now();
    void client.exited.then(() => this.#clientEnded());
  }

  /** Ends the grouped session, which goes with its client only where that was still in it. */
  async #clientEnded(): Promise<void> {
    this.#client = undefined;
    const { server, isSessionThere, log } = this.#options;
    await server.run(['kill-session', '-t', grouped(this.#name)]).catch(() => undefined);
    if (!(await isSessionThere().catch(() => true))) this.#finish('session-ended');
    if (this.#reason !== undefined) {
      this.#settleNow(this.#reason);
      return;
    }
    if (performance.now() - this.#openedAtMs > STABLE_MS) this.#pauseMs = FIRST_PAUSE_MS;
    log.info({ pauseMs: this.#pauseMs }, 'mirror lost its client, opening another');
    this.#reopenSoon();
  }

  #reopenSoon(): void {
    this.#reopening = setTimeout(() => this.#reopen(), this.#pauseMs);
    this.#pauseMs = Math.min(this.#pauseMs * 2, LAST_PAUSE_MS);
  }

  #reopen(): void {
    if (this.#layout === undefined) return;
    try {
      this.#openClient(this.#layout);
      this.check();
    } catch (error) {
      this.#options.log.warn({ error }, 'mirror not opened again');
      this.#reopenSoon();
    }
  }

  /** Ends the mirror where the session was ended: the grouped session must not keep its windows alive. */
  async #endIfGone(): Promise<void> {
    if (await this.#options.isSessionThere().catch(() => true)) return;
    this.#finish('session-ended');
  }

  /** Ends the mirror; of several reasons the first counts. */
  #finish(reason: ViewEnd['reason']): void {
    if (this.#reason !== undefined) return;
    this.#reason = reason;
    clearTimeout(this.#nextCheck);
    clearTimeout(this.#reopening);
    if (this.#client === undefined) this.#settleNow(reason);
    else endTmuxClient(this.#client);
  }

  #settleNow(reason: ViewEnd['reason']): void {
    this.#settle({ reason, isTerminalRestored: false });
  }
}

export interface RepaintTimes {
  /** When a program last wrote to the window, in epoch seconds (tmux(1), window_activity). */
  readonly activeAt: number;
  readonly repaintedAtMs: number;
  readonly nowMs: number;
}

/** Whether a program may have written since the last repaint, and that was `REPAINT_INTERVAL_MS` ago. */
export function isRepaintDue({ activeAt, repaintedAtMs, nowMs }: RepaintTimes): boolean {
  const isDirty = activeAt >= Math.floor(repaintedAtMs / 1000);
  return isDirty && nowMs - repaintedAtMs >= REPAINT_INTERVAL_MS;
}

/** The fields that a mirror asks of each client of the tmux server. */
const CLIENT = {
  pid: 'client_pid',
  /** The client's name in tmux, which is the path of its terminal. */
  name: 'client_name',
  flags: 'client_flags',
  /** The window that the client shows. */
  windowId: 'window_id',
  sessionName: 'session_name',
} as const;

type SessionClient = Row<typeof CLIENT>;
