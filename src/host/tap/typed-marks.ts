/** Beyond these the oldest marks are dropped, and of lines as old as those nothing is known. */
const MAX_MARKS = 512;
/** What was typed and ended by Enter can show no more behind a prompt that stood for so long. */
const PROMPT_QUIET_MS = 2_000;
/** A terminal shows a control character as two, `^C` (termios(3), ECHOCTL). */
const ECHO_CHARACTERS = 2;
const [NEWLINE, RETURN, INTERRUPT] = [10, 13, 3];

/** What happened when the pane's output ended at `offset`: what was typed then can show from there on. */
interface Mark {
  readonly offset: number;
  /** `unknown`: anything may have been typed up to here. `prompt`: what was typed before shows no more. */
  readonly kind: 'typed' | 'unknown' | 'prompt';
  /** Names what was typed together, and may turn out to have gone to another pane. */
  readonly round: number;
  /** How many lines were ended, counted up to two: more make no difference. */
  readonly lines: number;
  /** Whether the last line was not ended. */
  readonly isHalf: boolean;
  readonly bytes: number;
}

/** Where a key was surely pressed on a line first, and the line's text then. */
export interface KeyedLine {
  readonly at: number;
  readonly before: string;
}

/** A line as it was read; `beforeTyping` is its text when something was first typed on it. */
export interface ReadLine {
  readonly text: string;
  readonly start: number;
  readonly beforeTyping: string;
  /** Where the cursor was last moved to another row, on which older text may have stood. */
  readonly drawnAt: number | undefined;
  readonly keyed: KeyedLine | undefined;
}

/**
 * Knows where in a pane's output typed text may show: as the terminal's echo, or drawn by the program
 * when it reads it. Surely printed by the program is only what stood on a line before the first key,
 * and that only if all that was typed earlier had been ended by Enter.
 */
export class TypedMarks {
  /** The marks by their offsets. Each key adds one for every pane, so that this must be O(1). */
  #marks: Mark[] = [];
  /** Nothing is known of lines that began here or before. */
  #unknownTo = -1;
  /** The marks up to here were dropped. */
  #forgottenTo = -1;
  #lastAt = Number.NEGATIVE_INFINITY;

  /** Notes that `bytes` are about to be typed; the pane's output ends at `end`. */
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

  /** Takes the marks of a round away, since nothing that was typed in it went to this pane. */
  forgetTyped(round: number): void {
    this.#marks = this.#marks.filter((mark) => mark.kind !== 'typed' || mark.round !== round);
  }

  /** Whether nothing was typed or printed for long enough to take a prompt for quiet. */
  isQuiet(lastOutputAt: number, now: number): boolean {
    return now - Math.max(lastOutputAt, this.#lastAt) >= PROMPT_QUIET_MS;
  }

  /** Notes a quiet prompt at `end`, before anything is typed or printed behind it. */
  markPrompt(end: number): void {
    const last = this.#marks.at(-1);
    if (last?.kind !== 'typed' || last.offset >= end || !this.#isOver(last)) return;
    this.#push({ offset: end, kind: 'prompt', round: 0, lines: 0, isHalf: false, bytes: 0 });
  }

  /** Forgets everything: a run begins, into which nothing was typed yet. */
  reset(): void {
    this.#marks = [];
    this.#unknownTo = -1;
    this.#forgottenTo = -1;
  }

  /** Notes that a run was found, into which anything may have been typed before. */
  adopt(end: number): void {
    this.#unknownTo = end;
    this.#marks = [{ offset: end, kind: 'unknown', round: 0, lines: 0, isHalf: true, bytes: 0 }];
  }

  /** The offsets between two at which something was typed (`isKey`) or may have been. */
  between(
    from: number,
    to: number,
  ): readonly { readonly offset: number; readonly isKey: boolean }[] {
    const within = this.#marks.filter(({ offset }) => offset >= from && offset < to);
    const typed = within.filter(({ kind }) => kind !== 'prompt');
    return typed.map(({ offset, kind }) => ({ offset, isKey: kind === 'typed' }));
  }

  /** The part of a line that the program may have printed: all but what may be a mere echo of keys. */
  shown(line: ReadLine): string {
    if (line.start <= this.#forgottenTo) return '';
    return this.isEchoed(line) ? (line.keyed?.before ?? '') : line.text;
  }

  /** Whether keys were pressed on a line, and nothing follows there but what may be their echo. */
  isEchoed({ text, drawnAt, keyed }: ReadLine): boolean {
    if (keyed === undefined || (drawnAt ?? 0) > keyed.at) return false;
    const keys = this.#marks.filter(({ offset }) => offset >= keyed.at);
    const longest = ECHO_CHARACTERS * keys.reduce((sum, { bytes }) => sum + bytes, 0);
    return text.startsWith(keyed.before) && text.length - keyed.before.length <= longest;
  }

  /** The part of a line that the program has surely printed; `isOpen`: it is the last, and not ended. */
  printed({ start, beforeTyping, drawnAt }: ReadLine, isOpen: boolean): string {
    if (start <= this.#unknownTo) return '';
    const first = this.#unknownTo >= 0 ? 0 : this.#marks[0]?.offset;
    if (first !== undefined && drawnAt !== undefined && drawnAt > first) return '';
    const before = this.#marks.findLast(({ offset }) => offset < start);
    if (before === undefined || before.kind === 'prompt') return beforeTyping;
    return isOpen && this.#isOver(before) ? beforeTyping : '';
  }

  /** Whether what was typed at a mark was ended by one Enter, so that later lines show none of it. */
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

/** How many lines `bytes` end, counted up to two. */
function lineEnds(bytes: Uint8Array): number {
  let count = 0;
  for (let at = 0; at < bytes.length && count < 2; at += 1) {
    const byte = bytes[at];
    if (byte === RETURN || byte === NEWLINE || byte === INTERRUPT) count += 1;
  }
  return count;
}
