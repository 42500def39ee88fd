import type { Clock } from './clock.js';
import { withDeadline } from './deadline.js';
import { messageOf, TriadError } from './errors.js';
import type { Part } from './part.js';
import { findShortage } from './shortage.js';
import { type LeftOut, Throttle } from './throttle.js';
import { visible } from './visible.js';

/** How often parts are checked: what is taken away is there again within about this time. */
const CHECK_INTERVAL_MS = 1_000;
/** The pause before a part that could not be made is tried again; it doubles each time. */
const FIRST_PAUSE_MS = 1_000;
const LAST_PAUSE_MS = 10_000;
const MAKE_LIMIT_MS = 5_000;
/** Most news in a window, for parts that somebody takes away again and again. */
const MAX_NEWS = 20;
const NEWS_WINDOW_MS = 60_000;

export interface PartNews extends LeftOut {
  readonly part: string;
  readonly text: string;
  /** Set where the part cannot be made again; `text` says why. */
  readonly isFailure: boolean;
}

export interface PartWatchOptions {
  readonly clock: Clock;
  /** Logs each change. */
  readonly log: Readonly<Record<'error' | 'warn', (facts: object, message: string) => void>>;
  /** Called once for each change; never throws. */
  readonly onNews?: (news: PartNews) => void;
}

interface Trouble {
  readonly text: string;
  readonly pauseMs: number;
  readonly dueAt: number;
}

/**
 * Watches parts that others can take away, and makes them again: all of them once a second, each that
 * cannot be made after a pause that grows.
 */
export class PartWatch {
  readonly #options: PartWatchOptions;
  readonly #troubles = new Map<Part, Trouble | undefined>();
  readonly #news: Throttle;
  #cancelNext: () => void = () => undefined;
  #isClosed = false;

  constructor(options: PartWatchOptions) {
    this.#options = options;
    const now = () => options.clock.elapsed();
    this.#news = new Throttle({ max: MAX_NEWS, windowMs: NEWS_WINDOW_MS, now });
  }

  /** Watches these from now on, too; a folder has to be added before what lies in it. */
  add(...parts: readonly Part[]): void {
    for (const part of parts) this.#troubles.set(part, undefined);
    this.#schedule();
  }

  /** What is wrong now and cannot be made again, each with what to do. */
  get problems(): readonly string[] {
    return [...this.#troubles.values()].flatMap((trouble) => trouble?.text ?? []);
  }

  close(): void {
    this.#isClosed = true;
    this.#cancelNext();
  }

  #schedule(): void {
    this.#cancelNext();
    if (this.#isClosed) return;
    this.#cancelNext = this.#options.clock.after(CHECK_INTERVAL_MS, () => void this.check());
  }

  /** Checks all of them now; what is due later stays so. */
  async check(): Promise<void> {
    this.#cancelNext();
    for (const part of [...this.#troubles.keys()]) {
      if (!this.#isClosed) await this.#check(part);
    }
    this.#schedule();
  }

  async #check(part: Part): Promise<void> {
    const trouble = this.#troubles.get(part);
    const fault = faultOf(part);
    const remedy = part.remedy ?? 'made again';
    if (fault === undefined) {
      if (trouble !== undefined) this.#mended(part, 'is as it should be again');
      return;
    }
    if (trouble !== undefined && this.#options.clock.elapsed() < trouble.dueAt) return;
    try {
      await withDeadline(part.makeAgain(), MAKE_LIMIT_MS, part.name);
      const rest = faultOf(part);
      if (rest === undefined) this.#mended(part, `${fault}, and was ${remedy}`);
      else this.#failed(part, rest);
    } catch (error) {
      this.#failed(part, `${fault}, and cannot be ${remedy}: ${whyOf(error)}`);
    }
  }

  #mended(part: Part, what: string): void {
    this.#troubles.set(part, undefined);
    this.#tell({ part: part.name, text: `${part.name} ${what}`, isFailure: false });
  }

  #failed(part: Part, what: string): void {
    const before = this.#troubles.get(part);
    const text = `${part.name} ${what}`;
    const pauseMs =
      before === undefined ? FIRST_PAUSE_MS : Math.min(before.pauseMs * 2, LAST_PAUSE_MS);
    const dueAt = this.#options.clock.elapsed() + pauseMs;
    this.#troubles.set(part, { text, pauseMs, dueAt });
    if (before?.text !== text) this.#tell({ part: part.name, text, isFailure: true });
  }

  #tell(news: PartNews): void {
    if (this.#isClosed) return;
    const { log, onNews } = this.#options;
    this.#news.write((leftOut) => {
      const { part, text: reason, isFailure } = news;
      const { suppressed = 0 } = leftOut;
      log[isFailure ? 'error' : 'warn']({ part, reason, suppressed }, 'part was taken away');
      onNews?.({ ...news, ...leftOut });
    });
  }
}

function faultOf(part: Part): string | undefined {
  try {
    return part.findFault();
  } catch (error) {
    return `cannot be looked at (${visible(messageOf(error))})`;
  }
}

/**
 * The problem with what to do: where nothing better is known, to correct what the system complains
 * of.
 */
function whyOf(error: unknown): string {
  const shortage = findShortage(error);
  const hint = error instanceof TriadError ? error.hint : undefined;
  const then = hint ?? `${shortage?.hint ?? 'put that right'}, it is tried again every 10 s`;
  return `${shortage?.words ?? visible(messageOf(error))} (${then})`;
}
