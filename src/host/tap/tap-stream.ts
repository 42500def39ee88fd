import type { Writable } from 'node:stream';
import type { Clock } from '../../base/clock.js';
import { type TapHello, takenWord } from './tap-protocol.js';
import type { TappedOutput } from './tapped-output.js';

/**
 * A tap is told what was taken once it is this much or this old. Telling it of each piece would cost
 * a keystroke's echo more than the piece itself, and only after a killed host does it matter.
 */
const MAX_UNTOLD_BYTES = 64 * 1024;
const MAX_UNTOLD_MS = 100;

/** The stream of one tap: puts it into its pane's output, and tells the tap what is taken for good. */
export class TapStream {
  readonly #socket: Writable;
  readonly #output: TappedOutput;
  /** The offset in the output where the tap's own count begins. */
  readonly #base: number;
  /** The offset in the output before which everything came while no host was there. */
  readonly #lateEnd: number;
  readonly #clock: Clock;
  #taken: number;
  #told: number;
  #stopTimer: (() => void) | undefined;

  constructor(
    socket: Writable,
    { output, clock }: { readonly output: TappedOutput; readonly clock: Clock },
    { from, end }: TapHello,
  ) {
    this.#socket = socket;
    this.#clock = clock;
    this.#output = output;
    this.#base = output.end - from;
    this.#lateEnd = this.#base + end;
    this.#taken = output.end;
    this.#told = output.end;
    socket.once('close', () => this.#stopTimer?.());
  }

  /** Whether the next bytes came while no host was there. */
  get isLate(): boolean {
    return this.#output.end < this.#lateEnd;
  }

  append(bytes: Uint8Array): void {
    const late = Math.max(0, Math.min(bytes.length, this.#lateEnd - this.#output.end));
    if (late > 0) this.#output.appendLate(bytes.subarray(0, late));
    if (late < bytes.length) this.#output.append(bytes.subarray(late));
  }

  /** Notes that the tap need not keep anything before this offset in the output; it is told soon. */
  take(offset: number): void {
    if (offset <= this.#taken) return;
    this.#taken = offset;
    if (this.#taken - this.#told >= MAX_UNTOLD_BYTES) this.tell();
    else this.#stopTimer ??= this.#clock.after(MAX_UNTOLD_MS, () => this.tell());
  }

  /** Tells the tap at once what was taken. */
  tell(): void {
    this.#stopTimer?.();
    this.#stopTimer = undefined;
    this.#told = this.#taken;
    if (this.#socket.writable) this.#socket.write(takenWord(this.#taken - this.#base));
  }
}
