import { SMALLEST_WINDOW, type TerminalSize } from '../../base/terminal-size.js';
import type { SizePolicy } from '../plan/schema.js';

/** Changes of size within this time become one, since each makes all programs in the panes draw anew. */
const SETTLE_MS = 250;
/** How long a driver must not have typed before another sizes the window: two who type must not alternate. */
const TYPIST_PAUSE_MS = 5_000;

interface Driver {
  size: TerminalSize;
  typedAtMs: number;
}

/**
 * Decides the size of the window by the session's policy: that of the terminal of the driver who types, of
 * the largest or smallest terminal, or a fixed one. With `typist`, a driver who joins others changes nothing;
 * when the last one has left, the size stays.
 */
export class WindowSize {
  /** The drivers; with `typist` the window follows the last one. */
  readonly #drivers = new Map<object, Driver>();
  readonly #apply: (size: TerminalSize) => void;
  #policy: SizePolicy;
  #applied: TerminalSize | undefined;
  #last: TerminalSize | undefined;
  #appliedAtMs = Number.NEGATIVE_INFINITY;
  #timer: NodeJS.Timeout | undefined;

  /** @param apply sizes the window to a driver's whole terminal. */
  constructor(policy: SizePolicy, apply: (size: TerminalSize) => void) {
    this.#policy = policy;
    this.#apply = apply;
  }

  set policy(policy: SizePolicy) {
    this.#policy = policy;
    this.#settle();
  }

  came(driver: object, size: TerminalSize): void {
    const others = [...this.#drivers];
    this.#drivers.clear();
    this.#drivers.set(driver, { size, typedAtMs: Number.NEGATIVE_INFINITY });
    for (const [other, its] of others) this.#drivers.set(other, its);
    this.#change();
  }

  typed(driver: object): void {
    const its = this.#drivers.get(driver);
    if (its === undefined) return;
    its.typedAtMs = performance.now();
    if (this.#mayTakeOver(driver)) this.#makeLast(driver, its);
    this.#change();
  }

  resized(driver: object, size: TerminalSize): void {
    const its = this.#drivers.get(driver);
    if (its === undefined) return;
    its.size = size;
    if (this.#mayTakeOver(driver)) this.#makeLast(driver, its);
    this.#settle();
  }

  left(driver: object): void {
    if (this.#drivers.delete(driver)) this.#settle();
  }

  /** Applies the size once more, since windows were made or added. */
  again(): void {
    this.#applied = undefined;
    this.#change();
  }

  close(): void {
    this.#drivers.clear();
    clearTimeout(this.#timer);
  }

  #mayTakeOver(driver: object): boolean {
    const [last, its] = [...this.#drivers].at(-1) ?? [];
    if (last === driver || its === undefined) return true;
    return performance.now() - its.typedAtMs > TYPIST_PAUSE_MS;
  }

  #makeLast(driver: object, its: Driver): void {
    this.#drivers.delete(driver);
    this.#drivers.set(driver, its);
  }

  /** Applies the size at once where the last change is `SETTLE_MS` ago, or else then. */
  #change(): void {
    if (this.#timer !== undefined || !this.#isDue()) return;
    const waitMs = this.#appliedAtMs + SETTLE_MS - performance.now();
    if (waitMs <= 0) this.#applyNow();
    else this.#timer = setTimeout(() => this.#applyNow(), waitMs);
  }

  /** Applies the size when no other change has come for `SETTLE_MS`. */
  #settle(): void {
    clearTimeout(this.#timer);
    this.#timer = this.#isDue() ? setTimeout(() => this.#applyNow(), SETTLE_MS) : undefined;
  }

  #isDue(): boolean {
    const wanted = this.#wanted();
    return wanted !== undefined && !isEqual(wanted, this.#applied);
  }

  #applyNow(): void {
    this.#timer = undefined;
    const wanted = this.#wanted();
    if (wanted === undefined || isEqual(wanted, this.#applied)) return;
    this.#applied = wanted;
    this.#last = wanted;
    this.#appliedAtMs = performance.now();
    this.#apply(wanted);
  }

  #wanted(): TerminalSize | undefined {
    const size = this.#followed();
    if (size === undefined) return this.#last;
    const { cols, rows } = SMALLEST_WINDOW;
    return { cols: Math.max(size.cols, cols), rows: Math.max(size.rows, rows) };
  }

  #followed(): TerminalSize | undefined {
    const { follow } = this.#policy;
    if (typeof follow === 'object') return follow;
    const sizes = [...this.#drivers.values()].map(({ size }) => size);
    if (follow === 'typist' || sizes.length === 0) return sizes.at(-1);
    const choose = follow === 'largest' ? Math.max : Math.min;
    return {
      cols: choose(...sizes.map(({ cols }) => cols)),
      rows: choose(...sizes.map(({ rows }) => rows)),
    };
  }
}

function isEqual(a: TerminalSize, b: TerminalSize | undefined): boolean {
  return b !== undefined && a.cols === b.cols && a.rows === b.rows;
}
