import { visible } from './plain-text.js';
import { pause } from './program.js';
import type { Terminal } from './terminal.js';

const FIRST_DELAY_MS = 500;
/** Long enough to be quiet, short enough that nobody waits for a program that came back. */
const LONGEST_DELAY_MS = 4000;

/** Waits between attempts, visibly: from 0.5 s doubling to 4 s, and anew after a success. */
export class Retry {
  readonly #terminal: Terminal;
  readonly #stop: AbortSignal;
  #delayMs = FIRST_DELAY_MS;

  constructor(terminal: Terminal, stop: AbortSignal) {
    this.#terminal = terminal;
    this.#stop = stop;
  }

  succeeded(): void {
    this.#delayMs = FIRST_DELAY_MS;
  }

  /** Says what is waited for, and waits; neither when the program is being stopped. */
  async wait(reason: string): Promise<void> {
    if (this.#stop.aborted) return;
    const delayMs = this.#delayMs;
    this.#delayMs = Math.min(delayMs * 2, LONGEST_DELAY_MS);
    const text = `waiting: ${visible(reason, 200)} (again in ${delayMs / 1000} s)`;
    this.#terminal.line(this.#terminal.paint('yellow', text));
    await pause(delayMs, this.#stop);
  }
}
