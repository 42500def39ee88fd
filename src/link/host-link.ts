import type { HistoryPage, HistoryRequest } from '../base/history-page.js';
import type { EventsPage, EventsRequest } from '../base/host-event.js';
import type { SessionName } from '../base/ids.js';
import type { OutputPage, OutputRequest } from '../base/output-page.js';
import type { PaneAddress, PaneSignal, PanesAddress, PaneTarget } from '../base/pane.js';
import type { CaptureRequest } from '../base/pane-request.js';
import type { Presence } from '../base/presence.js';
import type { ReloadReport } from '../base/reload-report.js';
import type { SessionDescription } from '../base/session-description.js';
import type { TerminalSize } from '../base/terminal-size.js';
import type { MirrorSink, View } from '../base/view.js';

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

export interface ViewRequest {
  readonly session: SessionName;
  /** The terminal type the client named; anything: the host falls back where it is not usable. */
  readonly term: string;
  readonly size: TerminalSize;
  /** Takes each piece of output, in order; the bytes are the receiver's. */
  readonly onOutput: (bytes: Uint8Array) => void;
}

export interface MirrorRequest extends MirrorSink {
  readonly session: SessionName;
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
