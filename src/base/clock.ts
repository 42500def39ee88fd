/** Time as supervision sees it, so that tests can let it pass, stand still and jump. */
export interface Clock {
  /** Epoch ms. May jump either way: for people and for what outlives the process, never for waiting. */
  now(): number;
  /** Milliseconds that only grow, from an arbitrary start; those in which this process did not run are not counted. */
  elapsed(): number;
  /**
   * Calls `work` once, `delayMs` of `elapsed` from now and after what waited to be read by then; the returned function
   * takes that back.
   */
  after(delayMs: number, work: () => void): () => void;
}

/**
 * What a `RunningClock` is made of: a clock that counts all time, and calls back as soon as a timer
 * is due.
 */
export interface Machine extends Clock {
  /** Calls `work` again and again; keeps no process alive. */
  every(intervalMs: number, work: () => void): void;
}

const MACHINE: Machine = {
  now: () => Date.now(),
  elapsed: () => performance.now(),
  after: (delayMs, work) => {
    const timer = setTimeout(work, delayMs);
    return () => clearTimeout(timer);
  },
  every: (intervalMs, work) => void setInterval(work, intervalMs).unref(),
};

/** How often a process that runs looks at the time. */
const BEAT_MS = 500;
/**
 * A process that has not looked for longer was stopped, or got no CPU: of that time one beat
 * counts.
 */
const MAX_GAP_MS = 2 * BEAT_MS;
/** After waking nothing is judged for so long: what came meanwhile is still on its way through taps and sockets. */
const SETTLE_MS = 1_000;

/**
 * The clock of everything that judges others by time: whoever was stopped or starved for 15 s has not seen a silence of
 * 15 s. It costs a beat, from its first use on.
 */
export class RunningClock implements Clock {
  readonly #machine: Machine;
  #lostMs = 0;
  #seenAt: number | undefined;
  /**
   * Until then, on the scale of `elapsed`, what came while the process did not run may be unread.
   */
  #settledAt = Number.NEGATIVE_INFINITY;

  constructor(machine: Machine = MACHINE) {
    this.#machine = machine;
  }

  now(): number {
    return this.#machine.now();
  }

  elapsed(): number {
    const at = this.#machine.elapsed();
    if (this.#seenAt === undefined) this.#machine.every(BEAT_MS, () => this.elapsed());
    const gapMs = at - (this.#seenAt ?? at);
    this.#seenAt = at;
    if (gapMs > MAX_GAP_MS) {
      this.#lostMs += gapMs - BEAT_MS;
      this.#settledAt = at - this.#lostMs + SETTLE_MS;
    }
    return at - this.#lostMs;
  }

  after(delayMs: number, work: () => void): () => void {
    const dueAt = this.elapsed() + delayMs;
    let takeBack = (): void => undefined;
    const judge = (): void => {
      const leftMs = Math.max(dueAt - this.elapsed(), this.#settledAt - this.elapsed());
      // Node may call a timer up to a millisecond early.
      if (leftMs < 1) work();
      else takeBack = this.#machine.after(Math.ceil(leftMs), later);
    };
    const later = (): void => {
      // Node calls timers before it reads; an immediate comes after that.
      const immediate = setImmediate(judge);
      takeBack = () => clearImmediate(immediate);
    };
    takeBack = this.#machine.after(delayMs, later);
    return () => takeBack();
  }
}

export const SYSTEM_CLOCK: Clock = new RunningClock();

export interface Pause {
  readonly clock: Clock;
  readonly delayMs: number;
  /** Aborting it ends the pause, and leaves no timer behind. */
  readonly signal: AbortSignal;
}

/** Resolves after `delayMs`, or as soon as `signal` is aborted. */
export function pause({ clock, delayMs, signal }: Pause): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      takeBack();
      signal.removeEventListener('abort', end);
      resolve();
    };
    const takeBack = clock.after(delayMs, end);
    if (signal.aborted) end();
    else signal.addEventListener('abort', end);
  });
}
