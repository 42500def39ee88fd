import type { Writable } from 'node:stream';
import type { Clock } from '../../base/clock.js';
import { type TapHello, takenWord } from './tap-protocol.js';
import type { TappedOutput } from './tapped-output.js';

/**
 * A tap is told what was taken when it is this much or this old: to tell it of each piece costs a keystroke's
 * echo more than the piece itself does, and only a host that is killed would need it.
 */
const MAX_UNTOLD_BYTES = 64 * 1024;
const MAX_UNTOLD_MS = 100;

/** What one tap tells, as it goes into its pane's output, and what of it is taken for good. */
export class TapStream {
  readonly #socket: Writable;
  readonly #output: TappedOutput;
  /** Offset in the output where the tap's own count begins. */
  readonly #base: number;
  /** Offset in the output before which everything came while no host was there. */
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

  /** What follows now came while no host was there. */
  get isLate(): boolean {
    return this.#output.end < this.#lateEnd;
  }

  append(bytes: Uint8Array): void {
    const late = Math.max(0, Math.min(bytes.length, this.#lateEnd - this.#output.end));
    if (late > 0) this.#output.appendLate(bytes.subarray(0, late));
    if (late < bytes.length) this.#output.append(bytes.subarray(late));
  }

  /** Nothing before this offset in the output is needed from the tap any more; it is told soon. */
  take(offset: number): void {
    if (offset <= this.#taken) return;
    this.#taken = offset;
    if (this.#taken - this.#told >= MAX_UNTOLD_BYTES) this.tell();
    else this.#stopTimer ??= this.#clock.after(MAX_UNTOLD_MS, () => this.tell());
  }

  /** Tells at once what was taken. */
  tell(): void {
    this.#stopTimer?.();
    this.#stopTimer = undefined;
    this.#told = this.#taken;
    if (this.#socket.writable) this.#socket.write(takenWord(this.#taken - this.#base));
  }
}
