/** Marks beyond these make room from the oldest on, and of lines as old as those nothing is known. */
const MAX_MARKS = 512;
/** A prompt that stood for so long after Enter has shown all that was typed before it. */
const SETTLE_MS = 2_000;
/** A terminal shows a control character as two, `^C` (termios(3), ECHOCTL). */
const ECHO_CHARACTERS = 2;
const [NEWLINE, RETURN, INTERRUPT] = [10, 13, 3];

/** Something was typed when the pane's output was this long; it shows from here on, if at all. */
interface Mark {
  readonly offset: number;
  /** `unknown`: anything may have been typed up to here, or nothing. */
  readonly kind: 'typed' | 'unknown' | 'settled';
  /** What was typed together, and may turn out to have gone to another pane. */
  readonly round: number;
  /** Lines that were ended by it, up to two: more are all the same. */
  readonly lines: number;
  /** Its last line was not ended. */
  readonly isHalf: boolean;
  readonly bytes: number;
}

/** A line on which a key was surely pressed: where first, and what stood there then. */
export interface KeyedLine {
  readonly at: number;
  readonly before: string;
}

/** A line as it was read, with what of it stood there when something was typed first. */
export interface ReadLine {
  readonly text: string;
  readonly start: number;
  readonly beforeTyping: string;
  /** Where the cursor was last moved to another row, and thus maybe to what stood there before. */
  readonly drawnAt: number | undefined;
  readonly keyed: KeyedLine | undefined;
}

/**
 * Knows where in a pane's output something may show that somebody typed: as the terminal's echo, or
 * drawn by the program, at once or when it comes to read it. What a line surely has from the program
 * is what stood on it before the first key, if all that was typed before had been ended by Enter.
 * Where that cannot be told, nothing of a line is.
 */
export class TypedMarks {
  /** In the order of their offsets. Each key is one, for every pane: adding one must cost the same at any number. */
  #marks: Mark[] = [];
  /** Nothing is known of lines that began here or before. */
  #unknownTo = -1;
  /** Marks up to here have made room. */
  #forgottenTo = -1;
  #lastAt = Number.NEGATIVE_INFINITY;

  /** `bytes` are about to be typed; the pane's output ends at `end`. */
  type(bytes: Uint8Array, { round, end, at }: { round: number; end: number; at: number }): void {
    this.#lastAt = at;
    const last = this.#marks.at(-1);
    const isSame = last?.kind === 'typed' && last.offset === end && last.round === round;
    if (isSame) this.#marks.pop();
    this.#push({
      offset: end,
      kind: 'typed',
      round,
      lines: Math.min(2, lineEnds(bytes) + (isSame ? last.lines : 0)),
      isHalf: !isEnded(bytes),
      bytes: bytes.length + (isSame ? last.bytes : 0),
    });
  }

  /** Nothing that was typed in this round went to this pane. */
  forgetTyped(round: number): void {
    this.#marks = this.#marks.filter((mark) => mark.kind !== 'typed' || mark.round !== round);
  }

  /** Whether nothing was typed or came for so long that what was typed may be over; `quietSince`: the last output. */
  isQuiet(quietSince: number, now: number): boolean {
    return now - Math.max(quietSince, this.#lastAt) >= SETTLE_MS;
  }

  /** Before anything is typed or comes behind a prompt that was quiet: what was typed before it is over. */
  settle(end: number): void {
    const last = this.#marks.at(-1);
    if (last?.kind !== 'typed' || last.offset >= end || !this.#isOver(last)) return;
    this.#push({ offset: end, kind: 'settled', round: 0, lines: 0, isHalf: false, bytes: 0 });
  }

  /** A run begins, of which nothing was typed yet. */
  reset(): void {
    this.#marks = [];
    this.#unknownTo = -1;
    this.#forgottenTo = -1;
  }

  /** A run was found, to which anything may have been typed before. */
  adopt(end: number): void {
    this.#unknownTo = end;
    this.#marks = [{ offset: end, kind: 'unknown', round: 0, lines: 0, isHalf: true, bytes: 0 }];
  }

  /** Where something was typed, or may have been, from one offset up to another. */
  between(
    from: number,
    to: number,
  ): readonly { readonly offset: number; readonly isKey: boolean }[] {
    const within = this.#marks.filter(({ offset }) => offset >= from && offset < to);
    const typed = within.filter(({ kind }) => kind !== 'settled');
    return typed.map(({ offset, kind }) => ({ offset, isKey: kind === 'typed' }));
  }

  /** What of a line the program may have printed: all of it but what may be no more than an echo of keys. */
  shown(line: ReadLine): string {
    if (line.start <= this.#forgottenTo) return '';
    return this.isEchoed(line) ? (line.keyed?.before ?? '') : line.text;
  }

  /** Whether keys were pressed on a line, and nothing is behind them but what may be their echo. */
  isEchoed({ text, drawnAt, keyed }: ReadLine): boolean {
    if (keyed === undefined || (drawnAt ?? 0) > keyed.at) return false;
    const keys = this.#marks.filter(({ offset }) => offset >= keyed.at);
    const longest = ECHO_CHARACTERS * keys.reduce((sum, { bytes }) => sum + bytes, 0);
    return text.startsWith(keyed.before) && text.length - keyed.before.length <= longest;
  }

  /** What the program has surely printed of a line; `isOpen`: it is a prompt, all there is to come has come. */
  printed({ start, beforeTyping, drawnAt }: ReadLine, isOpen: boolean): string {
    if (start <= this.#unknownTo) return '';
    const first = this.#unknownTo >= 0 ? 0 : this.#marks[0]?.offset;
    if (first !== undefined && drawnAt !== undefined && drawnAt > first) return '';
    const before = this.#marks.findLast(({ offset }) => offset < start);
    if (before === undefined || before.kind === 'settled') return beforeTyping;
    return isOpen && this.#isOver(before) ? beforeTyping : '';
  }

  /** Whether it was ended by one Enter, so that of what was typed nothing is on lines that follow. */
  #isOver(mark: Mark): boolean {
    const together = this.#marks.filter(({ offset, kind }) => {
      return offset === mark.offset && kind === 'typed';
    });
    const lines = together.reduce((sum, each) => sum + each.lines, 0);
    return lines <= 1 && !mark.isHalf;
  }

  #push(mark: Mark): void {
    this.#marks.push(mark);
    if (this.#marks.length <= MAX_MARKS) return;
    const { offset } = this.#marks.shift() ?? mark;
    this.#unknownTo = Math.max(this.#unknownTo, offset);
    this.#forgottenTo = offset;
  }
}

function isEnded(bytes: Uint8Array): boolean {
  const last = bytes.at(-1);
  return last === RETURN || last === NEWLINE || last === INTERRUPT;
}

/** How many lines are ended, up to two. */
function lineEnds(bytes: Uint8Array): number {
  let count = 0;
  for (let at = 0; at < bytes.length && count < 2; at += 1) {
    const byte = bytes[at];
    if (byte === RETURN || byte === NEWLINE || byte === INTERRUPT) count += 1;
  }
  return count;
}
