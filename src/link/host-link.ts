import type { EngineerName, PaneId, PaneName, SessionName } from '../base/ids.js';
import type { TerminalSize } from '../base/terminal-size.js';
import type { EventsPage, EventsRequest } from './host-event.js';

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
   * The text of a pane, in pieces of some KiB: lines ended by LF, blank ones at the end removed.
   *
   * @throws UnavailableError when the pane or its session is not there.
   */
  capture(pane: PaneAddress, request: CaptureRequest): Promise<readonly string[]>;

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

  /**
   * Starts what does not run, each after what it depends on; resolves when that was begun.
   *
   * @throws RefusedError when the one pane runs already.
   */
  start(panes: PanesAddress): Promise<void>;

  /** Ends commands as their policy says, in reverse order; they stay stopped until they are started. */
  stop(panes: PanesAddress): Promise<void>;

  /** Ends commands and starts them again; resolves when the new ones run. */
  restart(panes: PanesAddress): Promise<void>;

  /**
   * Sends a signal to a pane's command with its whole process group.
   *
   * @throws RefusedError when the command is not running.
   */
  signal(pane: PaneAddress, signal: PaneSignal): Promise<void>;

  /** A page of what a pane has put out; waits for some where there is none. */
  output(pane: PaneAddress, request: OutputRequest): Promise<OutputPage>;

  /** A page of what happened; waits for something where there is nothing. */
  events(request: EventsRequest): Promise<EventsPage>;

  /**
   * Reads the host's own triad.yaml again and applies what changed.
   *
   * @throws ConfigurationError when it is wrong: then nothing was changed.
   */
  reload(): Promise<ReloadReport>;

  /** Tells a session who is there, for its status line. */
  present(session: SessionName, presence: Presence): Promise<void>;

  /** Ends a session with everything in it; resolves when its tmux server is gone. */
  endSession(session: SessionName): Promise<void>;
}

export interface PaneAddress {
  readonly session: SessionName;
  readonly pane: PaneName;
}

/** One pane, or with null every pane of the session. */
export interface PanesAddress {
  readonly session: SessionName;
  readonly pane: PaneName | null;
}

/** What panes may be sent; SIGSTOP is left out: a keeper continues what was stopped. */
export const PANE_SIGNALS = [
  'SIGHUP',
  'SIGINT',
  'SIGQUIT',
  'SIGKILL',
  'SIGUSR1',
  'SIGUSR2',
  'SIGTERM',
  'SIGCONT',
  'SIGWINCH',
] as const satisfies readonly NodeJS.Signals[];

export type PaneSignal = (typeof PANE_SIGNALS)[number];

/**
 * Where in a pane's output to begin: at an offset, with what came since an epoch ms, or with the last
 * so many lines. What is not kept any more is left out.
 */
export type OutputStart =
  | { readonly at: number }
  | { readonly since: number }
  | { readonly lines: number };

export interface OutputRequest {
  readonly start: OutputStart;
  /** 1 to `MAX_OUTPUT_BYTES`. */
  readonly maxBytes: number;
  /** How long to wait where there is nothing; 0 to `MAX_WAIT_MS` (host-event.ts). */
  readonly waitMs: number;
}

/** A page is checked and made readable in one go, which takes a millisecond. */
export const MAX_OUTPUT_BYTES = 32 * 1024;

export interface OutputPage {
  /** Bytes as the pane put them out. */
  readonly bytes: Uint8Array;
  /** Bytes that came before these and are not kept any more, from the offset asked for on. */
  readonly skipped: number;
  /** Offset after `bytes`: where to go on. */
  readonly next: number;
}

export interface ReloadReport {
  readonly changes: readonly ReloadChange[];
}

export interface ReloadChange {
  readonly session: SessionName;
  /** null for the session itself. */
  readonly pane: PaneName | null;
  /** `changed`: its policy is another one, and its command goes on. */
  readonly change: 'added' | 'removed' | 'restarted' | 'changed';
}

/** Who is attached to a session. */
export interface Presence {
  /** Names of those who may type, at most `MAX_PRESENT_DRIVERS`. */
  readonly drivers: readonly EngineerName[];
  readonly observers: number;
}

export const MAX_PRESENT_DRIVERS = 64;

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

/**
 * The states of a pane's command. `waiting`: for what it depends on. `starting`: the keeper was told.
 * `running`: it runs, and no readiness probe was met yet. `healthy`: one was. `unhealthy`: it was, and
 * fails now, or the liveness probe failed. `backoff`: it ended, and is started again after a pause.
 * `stopping`: it was told to end. `stopped`: by a person; it stays so until it is started. `exited`: it
 * ended and its policy says to leave it at that. `failed`: it ended too often, or cannot be run.
 */
export const PANE_STATES = [
  'waiting',
  'starting',
  'running',
  'healthy',
  'unhealthy',
  'backoff',
  'stopping',
  'stopped',
  'exited',
  'failed',
] as const;

export type PaneState = (typeof PANE_STATES)[number];

export interface PaneDescription {
  readonly name: PaneName;
  readonly title: string;
  /** null while somebody has closed the pane, and it is not back yet. */
  readonly id: PaneId | null;
  readonly state: PaneState;
  /** Why, for people: a few words without control characters. */
  readonly reason: string;
  /** Epoch ms of the last change of state. */
  readonly since: number;
  /** Process id of the pane's command, not of its keeper; null when it does not run. */
  readonly pid: number | null;
  /** For people: the command as configured, in one line. */
  readonly command: string;
  readonly restarts: number;
  /** Crashes in a row, without having been well for long enough in between. */
  readonly crashes: number;
  /** Epoch ms of the command's last start; null before the first. */
  readonly startedAt: number | null;
  /** Epoch ms when it is started again; null but in `backoff`. */
  readonly startsAt: number | null;
  readonly lastExit: PaneExit | null;
  /** The line with which the command asks for somebody's input; null when it does not. */
  readonly question: string | null;
  readonly telemetry: PaneTelemetry;
  /** What else is wrong, for people: its log file cannot be written, for one. */
  readonly problems: readonly string[];
}

/** What a pane does, measured over the last seconds. */
export interface PaneTelemetry {
  readonly linesPerSecond: number;
  readonly bytesPerSecond: number;
  /** Epoch ms of the newest output; null before the first. */
  readonly lastOutputAt: number | null;
  /** Of the command with everything it started: 1 is a whole core; null while it does not run. */
  readonly cpu: number | null;
  /** Resident bytes of the same. */
  readonly memoryBytes: number | null;
  readonly processes: number | null;
}

export interface PaneExit {
  /** Exit status, or null when a signal ended the command. */
  readonly status: number | null;
  /** Signal name such as `SIGKILL`, or null. */
  readonly signal: string | null;
  /** Epoch ms. */
  readonly at: number;
}

/**
 * `starting`: it is being made, or made again after it was lost; whoever was in it gets it back.
 * `ended`: for good, by `endSession`.
 */
export type SessionState = 'starting' | 'running' | 'ended';

export interface SessionDescription {
  readonly name: SessionName;
  readonly state: SessionState;
  /** For people: the path of the tmux socket on the host. */
  readonly socket: string;
  readonly tmuxVersion: string;
  /** Whether the session was found running at the start instead of being created. */
  readonly adopted: boolean;
  /** What is amiss beside its panes, each with what to do. */
  readonly problems: readonly string[];
  readonly panes: readonly PaneDescription[];
}
