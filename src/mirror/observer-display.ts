import type { FrameCache } from './frame-cache.js';
import type { Grid } from './grid.js';
import type { FeedEnd } from './mirror-source.js';
import type { Composer, SharedScreen } from './shared-screen.js';
import type { ObserverTerminal } from './watching.js';

/** Who has more than this to consume gets nothing more. */
export const MAX_UNCONSUMED_BYTES = 64 * 1024;
/** Who is further behind gets the whole screen, which is the same for all who are. */
const MAX_SCREENS_BEHIND = 4;

/** The newest screen, with the number of screens before it. */
export interface Moment {
  readonly number: number;
  readonly shared: SharedScreen;
  readonly frames: FrameCache;
}

export interface ObserverDisplayOptions {
  readonly terminal: ObserverTerminal;
  readonly composer: Composer;
  /** It may have to be shown something. */
  readonly onDue: (display: ObserverDisplay) => void;
  readonly onClose: (display: ObserverDisplay) => void;
}

/** One observer's terminal: what it shows, and what it is to show. */
export class ObserverDisplay {
  /** Settles once: the mirror ended, or `close` was called. */
  readonly ended: Promise<{ readonly reason: FeedEnd }>;
  /** Whether the terminal knows synchronised updates. */
  hasSync = false;
  readonly #options: ObserverDisplayOptions;
  #settle: (end: { readonly reason: FeedEnd }) => void = () => undefined;
  #isClosed = false;
  #position: Grid | undefined;
  /** The last moment at which there was nothing newer to show than the position. */
  #positionNumber = 0;
  /** What it is to show, of which moment. */
  #target: Grid | undefined;
  #targetNumber = -1;
  #isStale = true;
  #skippedFrames = 0;

  constructor(options: ObserverDisplayOptions) {
    this.#options = options;
    this.ended = new Promise((resolve) => {
      this.#settle = resolve;
    });
    options.terminal.onConsumed(() => {
      if (this.#isBehind()) options.onDue(this);
    });
  }

  /** How often a newer screen took the place of one that never got there. */
  get skippedFrames(): number {
    return this.#skippedFrames;
  }

  /** The composer would make something else of the same screen now. */
  invalidate(): void {
    this.#isStale = true;
    this.#options.onDue(this);
  }

  /** The terminal was resized or drawn on by others: nobody knows what it shows. */
  forget(): void {
    this.#position = undefined;
    this.invalidate();
  }

  /** Composes what is newest, and writes one frame towards it if the terminal may be written to. */
  show(moment: Moment): void {
    if (this.#isClosed) return;
    if (this.#isStale || this.#targetNumber !== moment.number) this.#aim(moment);
    if (!this.#canTake()) return;
    this.#write(moment);
    if (this.#canTake()) this.#options.onDue(this);
  }

  /** Writes nothing more. Idempotent. */
  close(reason: FeedEnd = 'closed'): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#position = undefined;
    this.#target = undefined;
    this.#settle({ reason });
    this.#options.onClose(this);
  }

  /** Whether it was to show something that it does not show yet. */
  #isBehind(): boolean {
    return !this.#isClosed && (this.#isStale || this.#position !== this.#target);
  }

  #canTake(): boolean {
    return this.#isBehind() && this.#options.terminal.unconsumedBytes() <= MAX_UNCONSUMED_BYTES;
  }

  #aim({ number, shared }: Moment): void {
    const target = this.#options.composer.compose(shared);
    const wasBehind = this.#target !== undefined && this.#position !== this.#target;
    if (wasBehind && target !== this.#target) this.#skippedFrames += 1;
    this.#target = target;
    this.#targetNumber = number;
    this.#isStale = false;
    if (this.#position === target) this.#positionNumber = number;
    if (number - this.#positionNumber > MAX_SCREENS_BEHIND) this.#position = undefined;
  }

  #write({ number, frames }: Moment): void {
    if (this.#target === undefined) return;
    const { bytes, reached } = frames.frame(this.#position, this.#target, this.hasSync);
    this.#position = reached;
    this.#positionNumber = number;
    if (bytes.length > 0) this.#options.terminal.write(bytes);
  }
}
