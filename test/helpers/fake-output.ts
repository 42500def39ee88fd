import type { Clock } from '../../src/base/clock.js';
import type { OutputPage } from '../../src/base/output-page.js';
import type { OutputLine, PaneOutput } from '../../src/host/tap/pane-output.js';

/** A pane that puts out what the test says, whole lines and open ones, at once. */
export class FakeOutput implements PaneOutput {
  readonly #clock: Clock;
  readonly #outputListeners = new Set<() => void>();
  readonly #lineListeners = new Map<(line: OutputLine) => void, (bytes: number) => void>();
  #text = '';
  lastAtElapsed: number | undefined;
  lastAt: number | undefined;
  past: readonly string[] = [];
  /** The part of each line that the program printed, where that is not all of it. */
  printed: string | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get end(): number {
    return Buffer.byteLength(this.#text);
  }

  get lastLine(): string {
    return this.#text.replace(/\n$/, '').split('\n').at(-1) ?? '';
  }

  get lastPrinted(): string {
    return this.printed ?? this.lastLine;
  }

  get isLineOpen(): boolean {
    return this.#text !== '' && !this.#text.endsWith('\n');
  }

  /** How many listen. */
  get listeners(): number {
    return this.#outputListeners.size + this.#lineListeners.size;
  }

  read(): OutputPage {
    return { bytes: Buffer.from(this.#text), skipped: 0, next: this.end, stream: '1' };
  }

  onOutput(listener: () => void): () => void {
    const own = (): void => listener();
    this.#outputListeners.add(own);
    return () => this.#outputListeners.delete(own);
  }

  onLine(listener: (line: OutputLine) => void, onMissed?: (bytes: number) => void): () => void {
    const own = (line: OutputLine): void => listener(line);
    this.#lineListeners.set(own, onMissed ?? (() => undefined));
    return () => this.#lineListeners.delete(own);
  }

  write(text: string): void {
    const open = this.isLineOpen ? this.lastLine : '';
    this.#text += text;
    this.lastAtElapsed = this.#clock.elapsed();
    this.lastAt = this.#clock.now();
    for (const listener of [...this.#outputListeners]) listener();
    const { end } = this;
    for (const line of `${open}${text}`.split('\n').slice(0, -1)) {
      for (const listener of [...this.#lineListeners.keys()]) {
        listener({ text: line, printed: this.printed ?? line, end });
      }
    }
  }

  /** Tells those who listen to lines that some were left out. */
  miss(bytes: number): void {
    for (const onMissed of this.#lineListeners.values()) onMissed(bytes);
  }
}
