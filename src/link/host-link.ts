import type { PaneId, PaneName, SessionName } from '../base/ids.js';
import type { TerminalSize } from '../base/terminal-size.js';

/**
 * Owns the interface between gateway and host: everything the gateway may ask of the process that
 * owns tmux. Promises that only bytes, sizes, configured names and ids cross it. It must never carry
 * argument lists, paths, options, formats or tmux commands (docs/design.md, promise 10).
 *
 * It has two forms, in process and over a Unix socket; test/room/link holds both to one contract.
 * Over a socket every call may throw LinkLostError, too.
 */
export interface HostLink {
  /**
   * Resolves when the host can be asked: at once, or when a lost link has been made again. Never, once
   * `signal` was aborted: it is how somebody who does not wait any more is forgotten.
   */
  whenReachable(signal: AbortSignal): Promise<void>;

  /** What there is now: each session with its panes, in configured order. */
  describe(): Promise<readonly SessionDescription[]>;

  /**
   * Opens an own tmux client for somebody who types.
   *
   * @throws UnavailableError when the session is not running.
   */
  openDriver(request: ViewRequest): Promise<DriverView>;

  /**
   * Opens the mirror of a session: one read-only tmux client at the exact size of the window that the
   * drivers look at. There is no way to send anything through it.
   *
   * `onLayout` comes before the first output, maybe before this resolves, and then on each change,
   * before the output it is about.
   *
   * @throws UnavailableError when the session is not running or has too many mirrors.
   */
  openMirror(request: MirrorRequest): Promise<MirrorView>;

  /**
   * A page of a pane's lines.
   *
   * @throws UnavailableError when the pane or its session is not there, or too many ask.
   */
  history(pane: PaneTarget, request: HistoryRequest): Promise<HistoryPage>;

  /**
   * The text of a pane: lines ended by LF, blank ones at the end removed.
   *
   * @throws UnavailableError when the pane or its session is not there.
   */
  capture(pane: PaneAddress, request: CaptureRequest): Promise<string>;

  /**
   * Types `text` into a pane as one paste, then Enter unless told otherwise.
   *
   * @param text without control characters except tab and newline; at most 64 KiB of UTF-8.
   * @throws RefusedError when the pane's command is not running.
   */
  send(pane: PaneAddress, request: { text: string; enter: boolean }): Promise<void>;

  /**
   * Presses keys, given by tmux's names, in a pane.
   *
   * @throws UsageError for a name that is no key; RefusedError when the command is not running.
   */
  keys(pane: PaneAddress, keys: readonly string[]): Promise<void>;

  /** Ends a pane's command and starts it again; resolves when the new one runs. */
  restart(pane: PaneAddress): Promise<void>;

  /** Ends a session with everything in it; resolves when its tmux server is gone. */
  endSession(session: SessionName): Promise<void>;
}

export interface PaneAddress {
  readonly session: SessionName;
  readonly pane: PaneName;
}

/** A pane by its tmux id: one that nobody configured, too. */
export interface PaneTarget {
  readonly session: SessionName;
  readonly pane: PaneId;
}

/** `screen`: what the pane shows; a number: its last lines; `all`: with the whole scrollback. */
export interface CaptureRequest {
  readonly lines: 'screen' | 'all' | number;
  /** Keeps colours and attributes as SGR sequences. */
  readonly ansi: boolean;
}

export interface ViewRequest {
  readonly session: SessionName;
  /** The terminal type the client named; anything: the host falls back where it is not usable. */
  readonly term: string;
  readonly size: TerminalSize;
  /** Takes each piece of output, in order; the bytes are the receiver's. */
  readonly onOutput: (bytes: Uint8Array) => void;
}

export interface MirrorRequest {
  readonly session: SessionName;
  /** Takes each piece of output, in order; the bytes are the receiver's. */
  readonly onOutput: (bytes: Uint8Array) => void;
  readonly onLayout: (layout: WindowLayout) => void;
}

/** The window that the drivers look at, and the panes of the whole session. */
export interface WindowLayout {
  /** The exact size of the window, and of the mirror's terminal. */
  readonly size: TerminalSize;
  readonly isZoomed: boolean;
  /** As people count them: window by window, as tmux numbers them. At most `MAX_LAYOUT_PANES`. */
  readonly panes: readonly LayoutPane[];
}

export const MAX_LAYOUT_PANES = 1000;

export interface LayoutPane {
  readonly id: PaneId;
  /** As configured; null for one that somebody opened. */
  readonly name: PaneName | null;
  /** Whether it is where a driver types now. */
  readonly isActive: boolean;
  /** Its place on the window that is shown; null in another window or behind a zoomed pane. */
  readonly place: Place | null;
}

/** In cells from the top left corner of the window, 0,0. */
export interface Place extends TerminalSize {
  readonly col: number;
  readonly row: number;
}

/** Lines count from the top of what the pane shows now: 0 is its first, -1 the last that scrolled off. */
export interface HistoryRequest {
  readonly firstLine: number;
  /** 1 to `MAX_HISTORY_LINES`. */
  readonly count: number;
}

/** A capture blocks the whole tmux server while it runs. */
export const MAX_HISTORY_LINES = 500;

export interface HistoryPage {
  /** Of `lines`, which may start later than asked for: there are no older ones. */
  readonly firstLine: number;
  /**
   * Each complete in itself: SGR sequences are the only control characters, and none lasts beyond its
   * line. Without the blanks at their ends, and each as wide as the pane at most.
   */
  readonly lines: readonly string[];
  /** How many lines have scrolled off and are kept. */
  readonly historySize: number;
  /** Of the pane, when the page was taken. */
  readonly size: TerminalSize;
}

/** One live view of a session. Whoever opened it closes it. */
export interface View {
  /** Settles once: after the last output, with the reason why there is no more. */
  readonly ended: Promise<ViewEnd>;
  /**
   * While blocked the host drops this view's output, but for what is on its way; unblocking brings
   * one full repaint where something was dropped.
   */
  setBlocked(isBlocked: boolean): void;
  /** Ends the view; `ended` follows within a bounded time. Idempotent. */
  close(): void;
}

/** The view of the session's mirror; while it is blocked, only the newest layout is kept for it. */
export type MirrorView = View;

/** A view of somebody who may type. */
export interface DriverView extends View {
  /** The client's terminal has a new size. Safe at any time, after the end too. */
  resize(size: TerminalSize): void;
  /**
   * Queues input for the session; takes ownership of `bytes`. What is queued when the view is closed
   * is dropped.
   *
   * @returns false when the queue is above its mark: wait for `onDrain` before writing more.
   */
  write(bytes: Uint8Array): boolean;
  /** Called each time the queue has fallen below its mark after `write` returned false. */
  onDrain(listener: () => void): void;
}

/**
 * Why a view ended. `detached`: the person left by tmux's own keys. `session-ended`: the session is
 * gone. `closed`: the gateway asked for it. `failed`: the tmux client died or could not start. `lost`:
 * the host is gone, and nobody knows more until the link is made again.
 */
export interface ViewEnd {
  readonly reason: 'detached' | 'session-ended' | 'closed' | 'failed' | 'lost';
  /** Whether tmux itself put the terminal back into its normal state; never after a `close`. */
  readonly isTerminalRestored: boolean;
}

/** `closed`: somebody closed the pane in tmux; `triad restart` makes it again. */
export type PaneState = 'starting' | 'running' | 'backoff' | 'stopping' | 'closed';

export interface PaneDescription {
  readonly name: PaneName;
  readonly title: string;
  readonly id: PaneId | null;
  readonly state: PaneState;
  /** Process id of the pane's command, not of its keeper; null when it does not run. */
  readonly pid: number | null;
  /** For people: the command as configured, in one line. */
  readonly command: string;
  readonly restarts: number;
  /** Epoch ms of the command's last start; null before the first. */
  readonly startedAt: number | null;
  readonly lastExit: PaneExit | null;
}

export interface PaneExit {
  /** Exit status, or null when a signal ended the command. */
  readonly status: number | null;
  /** Signal name such as `SIGKILL`, or null. */
  readonly signal: string | null;
  /** Epoch ms. */
  readonly at: number;
}

export type SessionState = 'starting' | 'running' | 'ended';

export interface SessionDescription {
  readonly name: SessionName;
  readonly state: SessionState;
  /** For people: the path of the tmux socket on the host. */
  readonly socket: string;
  readonly tmuxVersion: string;
  /** Whether the session was found running at the start instead of being created. */
  readonly adopted: boolean;
  readonly panes: readonly PaneDescription[];
}
