import type { Socket } from 'node:net';
import { type TapHello, takenWord } from './tap-protocol.js';
import type { TappedOutput } from './tapped-output.js';

/** What one tap tells, as it goes into its pane's output, and what of it is taken for good. */
export class TapStream {
  readonly #socket: Socket;
  readonly #output: TappedOutput;
  /** Offset in the output where the tap's own count begins. */
  readonly #base: number;
  /** Offset in the output before which everything came while no host was there. */
  readonly #lateEnd: number;
  #taken: number;
  #soon: NodeJS.Immediate | undefined;

  constructor(socket: Socket, output: TappedOutput, { from, end }: TapHello) {
    this.#socket = socket;
    this.#output = output;
    this.#base = output.end - from;
    this.#lateEnd = this.#base + end;
    this.#taken = output.end;
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
    this.#soon ??= setImmediate(() => this.tell());
  }

  /** Tells at once what was taken. */
  tell(): void {
    clearImmediate(this.#soon);
    this.#soon = undefined;
    if (this.#socket.writable) this.#socket.write(takenWord(this.#taken - this.#base));
  }
}
