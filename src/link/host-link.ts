import type { TerminalSize } from '../base/terminal-size.js';
import type { MirrorSink, View } from '../base/view.js';
import type { AnswerOf, CallName, RequestOf, SessionCallName } from './schema.js';

/** The calls of the link, as methods. */
export type LinkCalls = {
  readonly [N in CallName]: (request: RequestOf<N>) => Promise<AnswerOf<N>>;
};

/** The calls that a session answers. */
export type SessionCalls = Pick<LinkCalls, SessionCallName>;

/**
 * Owns the interface between gateway and host: everything the gateway may ask of the process that
 * owns tmux. Promises that only bytes, sizes, configured names and ids cross it. It must never carry
 * argument lists, paths, options, formats or tmux commands (docs/design.md, promise 10).
 *
 * Its calls are the table in `schema.ts`. It has two forms, in process and over a Unix socket, both made from that
 * table; test/room/link holds both to one contract. Over a socket every call may throw LinkLostError, too.
 */
export interface HostLink extends LinkCalls {
  /**
   * Resolves when the host can be asked: at once, or when a lost link has been made again. After an abort
   * of `signal` it never resolves, and the caller is forgotten.
   */
  whenReachable(signal: AbortSignal): Promise<void>;

  /**
   * Opens a tmux client of its own for a driver.
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
}

/**
 * The methods of a link, each of which is `call` with its name: so every form of the link is made from the table.
 */
export function callsOf<C extends CallName>(
  names: readonly C[],
  call: <N extends C>(name: N, request: RequestOf<N>) => Promise<AnswerOf<N>>,
): Pick<LinkCalls, C> {
  const methods = names.map((name) => [name, (request: RequestOf<C>) => call(name, request)]);
  // The compiler knows names and methods, but not which method belongs to which name.
  return Object.fromEntries(methods) as Pick<LinkCalls, C>;
}

export interface ViewRequest extends RequestOf<'driver'> {
  /** Takes each piece of output, in order; the bytes are the receiver's. */
  readonly onOutput: (bytes: Uint8Array) => void;
}

export interface MirrorRequest extends MirrorSink, RequestOf<'mirror'> {}

/** The view of the session's mirror; while it is blocked, only the newest layout is kept for it. */
export type MirrorView = View;

/** The view of a driver. */
export interface DriverView extends View {
  /** Tells the new size of the client's terminal. Safe at any time, even after the end. */
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
