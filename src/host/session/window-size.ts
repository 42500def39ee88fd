import type { TerminalSize } from '../../base/terminal-size.js';

/** Two drivers who type in turn must not make every program in the panes redraw per keystroke. */
const MIN_INTERVAL_MS = 150;
/** Smaller than this no layout of several panes can be drawn. */
const SMALLEST: TerminalSize = { cols: 20, rows: 5 };

/**
 * Decides whose terminal sizes the window: the driver's who last typed or resized. A driver who
 * comes changes nothing while another one is there; when the last has left, the size stays.
 */
export class WindowSize {
  /** Drivers' sizes, the one who last typed or resized last. */
  readonly #drivers = new Map<object, TerminalSize>();
  readonly #apply: (size: TerminalSize) => void;
  #applied: TerminalSize | undefined;
  #last: TerminalSize | undefined;
  #appliedAtMs = -Infinity;
  #timer: NodeJS.Timeout | undefined;

  /** @param apply sizes the window to a driver's whole terminal. */
  constructor(apply: (size: TerminalSize) => void) {
    this.#apply = apply;
  }

  came(driver: object, size: TerminalSize): void {
    const others = [...this.#drivers];
    this.#drivers.clear();
    this.#drivers.set(driver, size);
    for (const [other, otherSize] of others) this.#drivers.set(other, otherSize);
    this.#schedule();
  }

  typed(driver: object): void {
    const size = this.#drivers.get(driver);
    if (size !== undefined) this.#makeLast(driver, size);
  }

  resized(driver: object, size: TerminalSize): void {
    if (this.#drivers.has(driver)) this.#makeLast(driver, size);
  }

  left(driver: object): void {
    if (this.#drivers.delete(driver)) this.#schedule();
  }

  /** The window was made anew or joined by another one: applies the size once more. */
  again(): void {
    this.#applied = undefined;
    this.#schedule();
  }

  close(): void {
    this.#drivers.clear();
    clearTimeout(this.#timer);
  }

  #makeLast(driver: object, size: TerminalSize): void {
    this.#drivers.delete(driver);
    this.#drivers.set(driver, size);
    this.#schedule();
  }

  #schedule(): void {
    const wanted = this.#wanted();
    if (wanted === undefined || isEqual(wanted, this.#applied) || this.#timer !== undefined) return;
    const waitMs = this.#appliedAtMs + MIN_INTERVAL_MS - performance.now();
    if (waitMs <= 0) return this.#applyNow();
    this.#timer = setTimeout(() => this.#applyNow(), waitMs);
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
    const size = [...this.#drivers.values()].at(-1);
    if (size === undefined) return this.#last;
    return { cols: Math.max(size.cols, SMALLEST.cols), rows: Math.max(size.rows, SMALLEST.rows) };
  }
}

function isEqual(a: TerminalSize, b: TerminalSize | undefined): boolean {
  return b !== undefined && a.cols === b.cols && a.rows === b.rows;
}
