import { randomUUID } from 'node:crypto';
import type { Clock } from '../../base/clock.js';
import type { OutputPage, OutputStart } from '../../base/output-page.js';
import { LineReader } from './line-reader.js';
import { LineWatch } from './line-watch.js';
import { openReader, readMarked } from './marked-lines.js';
import { OutputRing } from './output-ring.js';
import type { OutputLine, PaneOutput, PastOutput } from './pane-output.js';
import { Pulse } from './pulse.js';
import { RateMeter } from './rate-meter.js';
import { TimeIndex } from './time-index.js';
import { TypedMarks } from './typed-marks.js';

/** How much is kept of each pane where its plan does not say. */
const MAX_RING_BYTES = 1024 * 1024;
const MAX_MOMENTS = 2_048;
/** The least time between two calls of a listener: people read no faster. */
const PULSE_MS = 16;
/** How far back from the end the last line is looked for. */
const TAIL_BYTES = 16 * 1024;
const NEWLINE = 0x0a;

export interface TappedOutputOptions {
  readonly clock: Clock;
  readonly maxBytes?: number;
  /** The room for what the pane showed before its output was read; offsets begin behind it. */
  readonly roomBytes?: number;
}

const NO_PAST: PastOutput = { lines: [], isOpen: false, printed: '', shown: [] };

interface Tail {
  readonly end: number;
  readonly line: string;
  readonly printed: string;
  readonly isOpen: boolean;
}

/** A pane's output as it came from its taps, of which one follows the other. */
export class TappedOutput implements PaneOutput {
  readonly #clock: Clock;
  readonly #stream = randomUUID();
  readonly #ring: OutputRing;
  readonly #times = new TimeIndex(MAX_MOMENTS);
  readonly #pulse: Pulse;
  readonly #lines: LineWatch;
  readonly #bytesMeter = new RateMeter();
  readonly #linesMeter = new RateMeter();
  readonly #typed = new TypedMarks();
  /** The offset of the first byte there ever was. */
  #origin: number;
  /** Where the line about what the pane showed before stands, and when that was read. */
  #taken: { readonly offset: number; readonly elapsed: number } | undefined;
  #past: PastOutput = NO_PAST;
  /** The offset after the newest byte that came while no host was there. */
  #lateEnd = 0;
  #tail: Tail | undefined;
  #lastAt: { readonly elapsed: number; readonly epoch: number } | undefined;

  constructor({ clock, maxBytes = MAX_RING_BYTES, roomBytes = 0 }: TappedOutputOptions) {
    this.#clock = clock;
    this.#origin = roomBytes;
    this.#ring = new OutputRing(maxBytes, this.#origin);
    this.#pulse = new Pulse(clock, PULSE_MS);
    this.#lines = new LineWatch({ ring: this.#ring, typed: this.#typed, clock });
  }

  get end(): number {
    return this.#ring.end;
  }

  get lastAtElapsed(): number | undefined {
    return this.#lastAt?.elapsed;
  }

  get lastAt(): number | undefined {
    return this.#lastAt?.epoch;
  }

  get lastLine(): string {
    return this.#readTail().line || (this.#past.lines.at(-1) ?? '');
  }

  get lastPrinted(): string {
    const { line, printed } = this.#readTail();
    return line === '' ? this.#past.printed : printed;
  }

  get isLineOpen(): boolean {
    const { line, isOpen } = this.#readTail();
    return isOpen || (line === '' && this.#past.isOpen);
  }

  get past(): readonly string[] {
    return this.#past.lines;
  }

  get linesPerSecond(): number {
    return this.#linesMeter.perSecond(this.#clock.elapsed());
  }

  get bytesPerSecond(): number {
    return this.#bytesMeter.perSecond(this.#clock.elapsed());
  }

  read(start: OutputStart, maxBytes: number): OutputPage {
    const from = Math.max(this.#origin, Math.min(this.#offsetOf(start), this.#ring.end));
    const bytes = this.#ring.slice(from, Math.max(from, this.#ring.start) + maxBytes);
    const skipped = Math.max(0, this.#ring.start - from);
    return { bytes, skipped, next: from + skipped + bytes.length, stream: this.#stream };
  }

  onOutput(listener: () => void): () => void {
    return this.#pulse.on(listener);
  }

  onLine(onLine: (line: OutputLine) => void, onMissed?: (bytes: number) => void): () => void {
    return this.#lines.listen({ onLine, onMissed });
  }

  /** Keeps at most so many bytes from now on. */
  limit(maxBytes: number = MAX_RING_BYTES): void {
    this.#ring.limit(maxBytes);
  }

  /** Puts what the pane showed before, and a line about it, before the first byte; later calls do nothing. */
  fill(shown: readonly string[], mark: string): void {
    if (this.#taken !== undefined || this.#ring.start > this.#origin) return;
    const late = this.#ring.slice(this.#origin, this.#lateEnd);
    const text = beforeLate(shown, late).map((line) => `${line}\r\n`);
    this.#lateEnd = Math.max(this.#lateEnd, this.#origin);
    const markBytes = Buffer.byteLength(`${mark}\r\n`);
    this.#taken = { offset: this.#origin - markBytes, elapsed: this.#clock.elapsed() };
    this.#ring.prepend(Buffer.from(`${text.join('')}${mark}\r\n`));
    this.#origin = this.#ring.start;
  }

  /** Takes what the pane showed before; undefined when the run that printed it is over. */
  recall(past: PastOutput | undefined): void {
    this.#past = past ?? NO_PAST;
    this.#tail = undefined;
    if (past === undefined) this.#typed.reset();
    else this.#typed.adopt(this.end);
  }

  /**
   * Notes that `bytes` are about to be typed, into this pane as far as is known.
   *
   * @param round names what is typed together; 0 where it surely goes to this pane.
   */
  type(bytes: Uint8Array, round: number): void {
    this.#markQuietPrompt();
    this.#typed.type(bytes, { round, end: this.end, at: this.#clock.elapsed() });
    this.#tail = undefined;
  }

  /** Notes that what was typed in this round went to other panes. */
  forgetTyped(round: number): void {
    this.#typed.forgetTyped(round);
    this.#tail = undefined;
  }

  /** Takes a copy of what the pane has put out. */
  append(bytes: Uint8Array): void {
    const elapsed = this.#clock.elapsed();
    this.#markQuietPrompt();
    const { end } = this.#ring;
    this.#ring.append(bytes);
    this.#times.add(end, elapsed, this.#ring.start);
    this.#lastAt = { elapsed, epoch: this.#clock.now() };
    this.#bytesMeter.add(bytes.length, elapsed);
    this.#linesMeter.add(newlinesIn(bytes), elapsed);
    this.#told();
  }

  /**
   * Takes what the pane had put out while no host was there, for `logs` and log files. Listeners are
   * not told of its lines: the state of the program is read from the screen instead.
   */
  appendLate(bytes: Uint8Array): void {
    const { end } = this.#ring;
    this.#ring.append(bytes);
    this.#times.add(end, this.#clock.elapsed(), this.#ring.start);
    this.#passLate(end);
  }

  /** Adds a line of Triad's about the output, on a line of its own. */
  appendMark(line: string): void {
    const [last = NEWLINE] = this.#ring.slice(this.end - 1, this.end);
    this.appendLate(Buffer.from(`${last === NEWLINE ? '' : '\r\n'}${line}\r\n`));
  }

  /** Notes that the tap had to drop so many bytes while no host was there. */
  skipLate(bytes: number): void {
    const { end } = this.#ring;
    this.#ring.skip(bytes);
    this.#passLate(end);
  }

  /** Notes that the tap dropped so many bytes here. */
  skip(bytes: number): void {
    this.#ring.skip(bytes);
    this.#bytesMeter.add(bytes, this.#clock.elapsed());
    this.#told();
  }

  close(): void {
    this.#pulse.close();
    this.#lines.close();
  }

  #markQuietPrompt(): void {
    const { elapsed = Number.POSITIVE_INFINITY } = this.#lastAt ?? {};
    if (!this.#typed.isQuiet(elapsed, this.#clock.elapsed())) return;
    const { end } = this.#ring;
    const [last = NEWLINE] = this.#ring.slice(end - 1, end);
    if (last !== NEWLINE) this.#typed.markPrompt(end);
  }

  /** Passes over late output; anything may have been typed while it came. */
  #passLate(from: number): void {
    this.#lateEnd = this.end;
    this.#typed.adopt(this.end);
    this.#lines.passBy(from);
    this.#tail = undefined;
    this.#pulse.beat();
  }

  #told(): void {
    this.#pulse.beat();
    this.#lines.wake();
  }

  #offsetOf(start: OutputStart): number {
    if ('at' in start && (!('stream' in start) || start.stream === this.#stream)) return start.at;
    const offset = this.#keptOffsetOf(start);
    // What is asked for may begin before what is kept: the page then tells how much is missing.
    return offset <= this.#ring.start ? this.#origin : offset;
  }

  #keptOffsetOf(start: Exclude<OutputStart, { at: number }>): number {
    if ('lines' in start) return this.#ring.lineStart(start.lines);
    // Times are compared by how long ago they are, so that setting the wall clock changes nothing.
    const agoMs = this.#clock.now() - start.since;
    const elapsed = this.#clock.elapsed() - agoMs;
    if (this.#taken !== undefined && elapsed < this.#taken.elapsed) return this.#taken.offset;
    return this.#times.find(elapsed) ?? this.#ring.end;
  }

  #readTail(): Tail {
    const ring = this.#ring;
    if (this.#tail?.end === ring.end) return this.#tail;
    const at = Math.max(ring.start, this.#lateEnd, ring.end - TAIL_BYTES);
    const piece = { bytes: ring.slice(at, ring.end), at, typed: this.#typed };
    const reader = openReader(at, this.#typed);
    let last = { line: '', printed: '' };
    readMarked(reader, piece, (ended) => {
      const line = this.#typed.shown(ended);
      // A line that ended behind keys is a prompt that was answered, and no prompt any more.
      if (this.#typed.isEchoed(ended)) last = { line: '', printed: '' };
      else if (line.trim() !== '') last = { line, printed: ended.printed };
    });
    const { openLine } = reader;
    const line = this.#typed.shown(openLine);
    const isOpen = line.trim() !== '';
    const tail = isOpen ? { line, printed: this.#typed.printed(openLine, true) } : last;
    this.#tail = { ...tail, end: ring.end, isOpen };
    return this.#tail;
  }
}

/** The lines of `shown` before those that came late, which the pane shows as well. */
function beforeLate(shown: readonly string[], late: Uint8Array): readonly string[] {
  if (late.length === 0) return shown;
  const texts: string[] = [];
  const reader = new LineReader();
  reader.read(late.subarray(0, TAIL_BYTES), ({ text }) => texts.push(text.trimEnd()));
  // The lines that Triad adds about a gap are on no screen.
  const [first, second] = texts.filter((text) => !text.startsWith('[triad: '));
  if (first === undefined) return shown;
  const at = shown.findLastIndex(
    (line, index) => line === first && (second === undefined || shown[index + 1] === second),
  );
  return shown.slice(0, at >= 0 ? at : Math.max(0, shown.length - newlinesIn(late) - 1));
}

function newlinesIn(bytes: Uint8Array): number {
  let count = 0;
  for (let at = bytes.indexOf(NEWLINE); at !== -1; at = bytes.indexOf(NEWLINE, at + 1)) count += 1;
  return count;
}
