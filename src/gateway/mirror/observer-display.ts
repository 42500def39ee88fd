import { type Abilities, UNKNOWN } from './abilities.js';
import type { FrameCache } from './frame-cache.js';
import type { Grid } from './grid.js';
import type { FeedEnd } from './mirror-source.js';
import type { Composer, SharedScreen } from './shared-screen.js';
import type { ObserverTerminal } from './watching.js';

/** A terminal with more than this to consume gets nothing more. */
export const MAX_UNCONSUMED_BYTES = 64 * 1024;
/** A terminal that is further behind gets the whole screen, whose bytes all of those share. */
const MAX_SCREENS_BEHIND = 4;
/** How long an observer's own keys wait after a screen was made for them: about as keys repeat. */
const MIN_OWN_GAP_MS = 30;

const BEL = Uint8Array.of(0x07);

/** The newest screen, with the number of screens before it. */
export interface Moment {
  readonly number: number;
  readonly shared: SharedScreen;
  /** How often the session's bell was rung so far. */
  readonly bells: number;
  readonly frames: FrameCache;
}

export interface ObserverDisplayOptions {
  readonly terminal: ObserverTerminal;
  readonly composer: Composer;
  /** The display may have to show something. */
  readonly onDue: (display: ObserverDisplay) => void;
  readonly onClose: (display: ObserverDisplay) => void;
  /** Milliseconds that only grow. */
  readonly now: () => number;
}

/** One observer's terminal: what it shows, and what it is to show. */
export class ObserverDisplay {
  /** Settles once: the mirror ended, or `close` was called. */
  readonly ended: Promise<{ readonly reason: FeedEnd }>;
  readonly #options: ObserverDisplayOptions;
  #abilities: Abilities = UNKNOWN;
  #settle: (end: { readonly reason: FeedEnd }) => void = () => undefined;
  #isClosed = false;
  #position: Grid | undefined;
  /** The last moment at which there was nothing newer to show than the position. */
  #positionNumber = 0;
  /** The screen that is to be shown, and the number of its moment. */
  #target: Grid | undefined;
  #targetNumber = -1;
  #bells: number | undefined;
  /** A frame was cut: a frame from nothing would be cut as well, and erase what is below. */
  #isPartial = false;
  /** The number of a newer moment, which has to wait. */
  #waitingNumber: number | undefined;
  #isStale = true;
  #composedAt = Number.NEGATIVE_INFINITY;
  #ownGap: NodeJS.Timeout | undefined;
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

  /** How often a newer screen replaced one that never got there. */
  get skippedFrames(): number {
    return this.#skippedFrames;
  }

  /** What the terminal can do, as far as it is known; what it shows is drawn again where that is something else. */
  set abilities(abilities: Abilities) {
    const hasOtherLevel = abilities.level !== this.#abilities.level;
    this.#abilities = abilities;
    if (hasOtherLevel) this.forget();
  }

  /** Composes again soon: the composer would make something else of the same screen now. */
  invalidate(): void {
    if (this.#isClosed) return;
    this.#isStale = true;
    const waitMs = this.#ownWaitMs();
    if (waitMs <= 0) this.#options.onDue(this);
    else this.#ownGap ??= setTimeout(() => this.#endOwnGap(), waitMs);
  }

  /** Draws everything again: the terminal was resized, or others drew on it. */
  forget(): void {
    this.#position = undefined;
    this.#target = undefined;
    this.#isPartial = false;
    this.invalidate();
  }

  /** Composes what is newest and writes one frame towards it, if the terminal may be written to. */
  show(moment: Moment): void {
    if (this.#isClosed) return;
    this.#offer(moment.number);
    if (!this.#hasRoom()) return;
    this.#ring(moment.bells);
    if (this.#mayAim(moment)) this.#aim(moment);
    if (this.#target === undefined || this.#position === this.#target) return;
    this.#write(this.#target, moment);
    if (this.#isBehind() && this.#hasRoom()) this.#options.onDue(this);
  }

  /** Writes nothing more. Idempotent. */
  close(reason: FeedEnd = 'closed'): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    clearTimeout(this.#ownGap);
    this.#position = undefined;
    this.#target = undefined;
    this.#settle({ reason });
    this.#options.onClose(this);
  }

  /**
   * Rings once, however often the bell was rung since the moment shown last, and not for what was
   * before.
   */
  #ring(bells: number): void {
    const isRung = this.#bells !== undefined && bells > this.#bells;
    this.#bells = bells;
    if (isRung) this.#options.terminal.write(BEL);
  }

  #endOwnGap(): void {
    this.#ownGap = undefined;
    if (this.#isStale) this.invalidate();
  }

  #ownWaitMs(): number {
    return this.#composedAt + MIN_OWN_GAP_MS - this.#options.now();
  }

  #offer(number: number): void {
    if (number === this.#targetNumber || number === this.#waitingNumber) return;
    if (this.#waitingNumber !== undefined) this.#skippedFrames += 1;
    this.#waitingNumber = number;
  }

  /** Whether it was to show something that it does not show yet. */
  #isBehind(): boolean {
    if (this.#isClosed) return false;
    return this.#isStale || this.#waitingNumber !== undefined || this.#position !== this.#target;
  }

  #hasRoom(): boolean {
    return this.#options.terminal.unconsumedBytes() <= MAX_UNCONSUMED_BYTES;
  }

  #mayAim({ number }: Moment): boolean {
    return number !== this.#targetNumber || (this.#isStale && this.#ownWaitMs() <= 0);
  }

  #aim({ number, shared }: Moment): void {
    const target = this.#options.composer.compose(shared);
    const wasBehind = this.#target !== undefined && this.#position !== this.#target;
    if (wasBehind && target !== this.#target) this.#skippedFrames += 1;
    this.#target = target;
    this.#targetNumber = number;
    this.#waitingNumber = undefined;
    this.#isStale = false;
    this.#composedAt = this.#options.now();
    if (this.#position === target) this.#positionNumber = number;
    const isFarBehind = number - this.#positionNumber > MAX_SCREENS_BEHIND;
    if (isFarBehind && !this.#isPartial) this.#position = undefined;
  }

  #write(target: Grid, { number, frames }: Moment): void {
    const { bytes, reached } = frames.frame(this.#position, target, this.#abilities);
    this.#position = reached;
    this.#positionNumber = number;
    this.#isPartial ||= reached !== target;
    if (bytes.length > 0) this.#options.terminal.write(bytes);
  }
}
