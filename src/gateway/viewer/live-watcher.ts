import type { ColumnRules } from '../../base/columns.js';
import type { LoopShare, Steps } from '../../base/loop-share.js';
import type { TerminalSize } from '../../base/terminal-size.js';
import type { Logger } from '../../log/logger.js';
import { rowsFor } from '../mirror/captured-rows.js';
import type { FeedEnd, PaneLines } from '../mirror/mirror-source.js';
import type { Mirrors } from '../mirror/mirrors.js';
import { MAX_UNCONSUMED_BYTES, type ObserverDisplay } from '../mirror/observer-display.js';
import type { ObserverTerminal, Watcher, WatchRequest } from '../mirror/watching.js';
import type { PanePolls } from './pane-polls.js';
import { Viewer } from './viewer.js';

/** A client has at most this much to consume after a copy: no more than after a frame. */
const MAX_WITH_COPY_BYTES = 2 * MAX_UNCONSUMED_BYTES;
const NOTHING = new Uint8Array();

export interface LiveWatcherOptions {
  readonly request: WatchRequest;
  /** Pages for the engineer who watches. */
  readonly lines: PaneLines;
  readonly share: LoopShare;
  readonly polls: PanePolls;
  /** How the session's tmux counts columns. */
  readonly columns: () => ColumnRules | undefined;
  readonly log: Logger;
}

/** A viewer on a display: what one observer's keys do shows on their terminal. */
export class LiveWatcher implements Watcher, Steps {
  readonly owner: string;
  readonly ended: Promise<{ readonly reason: FeedEnd | 'left' }>;
  readonly #request: WatchRequest;
  readonly #terminal: HeldTerminal;
  readonly #viewer: Viewer;
  readonly #share: LoopShare;
  readonly #log: Logger;
  /** What was typed and waits for its turn. */
  #typed: Uint8Array = NOTHING;
  #isHeldBack = false;
  #onDrain: () => void = () => undefined;
  #display: ObserverDisplay | undefined;
  #end: (end: { readonly reason: FeedEnd | 'left' }) => void = () => undefined;

  constructor({ request, lines, share, polls, log, columns }: LiveWatcherOptions) {
    const { session, size, pane, abilities, calledAs } = request;
    this.#request = request;
    this.owner = request.engineer;
    this.#share = share;
    this.#log = log;
    this.#terminal = new HeldTerminal(request.terminal);
    this.ended = new Promise((resolve) => {
      this.#end = resolve;
    });
    this.#viewer = new Viewer({
      ...{ session, size, pane, abilities, polls, lines, calledAs },
      rowsOf: (lines, cols) =>
        rowsFor({ share, owner: request.engineer, columns: columns() }, lines, cols),
      during: (work) => share.during(request.engineer, work),
      write: (bytes) => this.#copy(bytes),
      onChange: () => this.#display?.invalidate(),
      onLeave: () => this.#finish('left'),
    });
  }

  /** @throws whatever the source throws when the session cannot be mirrored. */
  async open(mirrors: Mirrors): Promise<void> {
    const { session } = this.#request;
    const display = await mirrors.watch({ session, terminal: this.#terminal }, this.#viewer);
    this.#display = display;
    display.abilities = this.#request.abilities.now;
    void display.ended.then(({ reason }) => this.#finish(reason));
  }

  get skippedFrames(): number {
    return this.#display?.skippedFrames ?? 0;
  }

  start(): void {
    this.#terminal.release(this.#viewer.start());
  }

  receive(bytes: Uint8Array): boolean {
    if (this.#typed.length > 0) return false;
    this.#typed = bytes;
    this.#isHeldBack = !this.#share.take(this);
    return !this.#isHeldBack;
  }

  onDrain(listener: () => void): void {
    this.#onDrain = listener;
  }

  run(mayGoOn: () => boolean): boolean {
    try {
      return this.#follow(mayGoOn);
    } catch (error) {
      const { session } = this.#request;
      this.#log.error({ session, error }, 'observer keys could not be followed');
      this.#finish('failed');
      return true;
    }
  }

  resize(size: TerminalSize): void {
    this.#viewer.resize(size);
    // What is left of the old screen on a terminal of a new size differs from one terminal to the next.
    this.#display?.forget();
  }

  /** Follows keys as long as it may go on, at least one; tells whether all are done. */
  #follow(mayGoOn: () => boolean): boolean {
    const taken = this.#viewer.receive(this.#typed, mayGoOn);
    this.#typed = this.#typed.subarray(taken);
    if (this.#display !== undefined) this.#display.abilities = this.#request.abilities.now;
    if (this.#typed.length > 0) return false;
    if (this.#isHeldBack) this.#onDrain();
    this.#isHeldBack = false;
    return true;
  }

  #finish(reason: FeedEnd | 'left'): void {
    this.#end({ reason });
    this.close();
  }

  /** A client that does not read gets no copies to hold, either. */
  #copy(bytes: Uint8Array): boolean {
    if (this.#terminal.unconsumedBytes() + bytes.length > MAX_WITH_COPY_BYTES) return false;
    this.#terminal.write(bytes);
    return true;
  }

  close(): void {
    this.#share.remove(this);
    this.#viewer.close();
    this.#display?.close();
  }
}

/** A terminal that takes nothing before it is released. */
class HeldTerminal implements ObserverTerminal {
  readonly #terminal: ObserverTerminal;
  #isHeld = true;
  #listener: () => void = () => undefined;

  constructor(terminal: ObserverTerminal) {
    this.#terminal = terminal;
    terminal.onConsumed(() => this.#listener());
  }

  /** Lets everything through, `first` before all else. */
  release(first: Uint8Array): void {
    this.#isHeld = false;
    this.#terminal.write(first);
    this.#listener();
  }

  write(bytes: Uint8Array): void {
    if (!this.#isHeld) this.#terminal.write(bytes);
  }

  unconsumedBytes(): number {
    return this.#isHeld ? Number.POSITIVE_INFINITY : this.#terminal.unconsumedBytes();
  }

  onConsumed(listener: () => void): void {
    this.#listener = listener;
  }
}
