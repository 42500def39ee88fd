import type { TerminalSize } from '../../base/terminal-size.js';
import type { ViewEnd } from '../../base/view.js';
import type { DriverView, ViewRequest } from '../../link/host-link.js';
import type { PtyExit, PtyProcess } from '../tmux/pty-process.js';
import { endTmuxClient, repaintTmuxClient } from '../tmux/tmux-client.js';

export interface DriverClientViewOptions {
  readonly request: ViewRequest;
  /** Starts the tmux client; its output goes to the given function. */
  readonly openClient: (onOutput: (bytes: Uint8Array) => void) => PtyProcess;
  /** Whether the session is still there once the client has ended. */
  readonly isSessionThere: () => Promise<boolean>;
  readonly onResize: (size: TerminalSize) => void;
}

/** The view of a driver, through a tmux client of its own. */
export class DriverClientView implements DriverView {
  readonly ended: Promise<ViewEnd>;
  readonly #client: PtyProcess;
  readonly #options: DriverClientViewOptions;
  #isClosing = false;
  #isBlocked = false;
  #hasDropped = false;

  constructor(options: DriverClientViewOptions) {
    this.#options = options;
    this.#client = options.openClient((bytes) => this.#deliver(bytes));
    this.ended = this.#client.exited.then((exit) => this.#describeEnd(exit));
  }

  resize(size: TerminalSize): void {
    this.#client.resize(size);
    this.#options.onResize(size);
  }

  setBlocked(isBlocked: boolean): void {
    this.#isBlocked = isBlocked;
    if (isBlocked || !this.#hasDropped) return;
    this.#hasDropped = false;
    repaintTmuxClient(this.#client);
  }

  /** Ends the view, and drops input that was not taken yet, since the right to type ends with it. */
  close(): void {
    if (this.#isClosing) return;
    this.#isClosing = true;
    this.#client.closeInput();
    endTmuxClient(this.#client);
  }

  write(bytes: Uint8Array): boolean {
    return this.#client.write(bytes);
  }

  onDrain(listener: () => void): void {
    this.#client.onDrain(listener);
  }

  /** Passes output on, or drops it while the view is blocked: unread output would grow the tmux server. */
  #deliver(bytes: Uint8Array): void {
    if (this.#isBlocked) this.#hasDropped = true;
    else this.#options.request.onOutput(bytes);
  }

  async #describeEnd(exit: PtyExit): Promise<ViewEnd> {
    if (this.#isClosing) return { reason: 'closed', isTerminalRestored: false };
    const isOrderly = exit.status === 0;
    const isTerminalRestored = isOrderly && !this.#hasDropped;
    const isThere = await this.#options.isSessionThere().catch(() => true);
    if (!isThere) return { reason: 'session-ended', isTerminalRestored };
    return { reason: isOrderly ? 'detached' : 'failed', isTerminalRestored };
  }
}
