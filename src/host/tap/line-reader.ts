import { MAX_LINE_CHARACTERS } from './pane-output.js';
import type { KeyedLine, ReadLine } from './typed-marks.js';

const [BACKSPACE, TAB, NEWLINE, RETURN, CANCEL, ESCAPE, DELETE] = [8, 9, 10, 13, 24, 27, 127];
const SPACE = 0x20;
/** A character takes at most four bytes in UTF-8 (RFC 3629 §3). */
const MAX_LINE_BYTES = MAX_LINE_CHARACTERS * 4;
/** CSI sequences that leave the row (ECMA-48 CUU, CUD, CNL, CPL, CUP, VPA, HVP): the line is over. */
const ROW_MOVES = new Set([...Buffer.from('ABEFHdf')]);
/** The CSI sequence that moves to a column, mostly to the first (ECMA-48 CHA). */
const COLUMN_MOVE = 0x47;
/** Escapes that begin a string, which lasts until BEL or ST: DCS, SOS, OSC, PM, APC, tmux's title. */
const STRINGS = new Set([...Buffer.from('PX]^_k')]);
/** Escapes that leave the row, or come back to it: IND, NEL, RI, DECRC. */
const ROW_ESCAPES = new Set([...Buffer.from('DEM8')]);
/** Sequences that move what stands on rows (IL, DL, SU, SD, DECSTBM), with those that leave the row. */
const ROW_CHANGES = new Set([...ROW_MOVES, ...Buffer.from('LMSTr')]);
const [CSI, ST_FINAL, BEL] = [0x5b, 0x5c, 7];
/** A longer string is taken for text again: it is of a program that was killed in the middle of it. */
const MAX_STRING_BYTES = 64 * 1024;

/** Whether the next byte is text, or belongs to a control sequence (ECMA-48). */
type Mode = 'text' | 'escape' | 'csi' | 'string' | 'string-escape';

/**
 * Reads lines out of a terminal's output as people see them: without escape sequences and control
 * characters, and as they stood after carriage returns. Keeps one line at most, cut at its limit.
 */
export class LineReader {
  readonly #line = Buffer.alloc(MAX_LINE_BYTES);
  #length = 0;
  #offset: number;
  #mode: Mode = 'text';
  #stringBytes = 0;
  /** Whether the cursor went back to the first column, so that the next text overwrites the line. */
  #isReturned = false;
  #start: number;
  #beforeTyping: string | undefined;
  #keyed: KeyedLine | undefined;
  #drawnAt: number | undefined;
  #onLine: (line: EndedLine) => void = () => undefined;

  /** @param offset is that of the first byte that will be read; a line is taken to begin with it. */
  constructor(offset = 0) {
    this.#offset = offset;
    this.#start = offset;
  }

  /** The text of the line that is not ended yet. */
  get open(): string {
    return textOf(this.#line.subarray(0, this.#length));
  }

  /** The line that is not ended yet. */
  get openLine(): ReadLine {
    const { open } = this;
    const beforeTyping = this.#beforeTyping ?? open;
    const [start, drawnAt, keyed] = [this.#start, this.#drawnAt, this.#keyed];
    return { text: open, start, beforeTyping, drawnAt, keyed };
  }

  /** Notes that something may have been typed at the end of what was read; with `isKey` it surely was. */
  markTyped(isKey = false): void {
    this.#beforeTyping ??= this.open;
    if (isKey) this.#keyed ??= { at: this.#offset, before: this.open };
  }

  /** Calls `onLine` with each line that ends in `bytes`. */
  read(bytes: Uint8Array, onLine: (line: EndedLine) => void): void {
    this.#onLine = onLine;
    for (let at = 0; at < bytes.length; ) {
      const byte = bytes[at] ?? 0;
      if (this.#mode === 'text' && byte >= SPACE && byte !== DELETE) {
        const end = endOfText(bytes, at);
        this.#put(bytes.subarray(at, end));
        this.#offset += end - at;
        at = end;
      } else {
        at += 1;
        this.#offset += 1;
        this.#step(byte);
      }
    }
  }

  #step(byte: number): void {
    // Control characters act within sequences, too, except strings, as in tmux's parser (input.c).
    const isInString = this.#mode === 'string' || this.#mode === 'string-escape';
    if (byte === CANCEL) this.#mode = 'text';
    else if (isInString) this.#stepString(byte);
    else if (byte === ESCAPE) this.#mode = 'escape';
    else if (byte < SPACE) this.#control(byte);
    else if (this.#mode === 'escape') this.#stepEscape(byte);
    else if (this.#mode === 'csi') this.#stepCsi(byte);
  }

  #stepString(byte: number): void {
    this.#stringBytes += 1;
    const isOver = byte === BEL || (this.#mode === 'string-escape' && byte === ST_FINAL);
    if (isOver || this.#stringBytes > MAX_STRING_BYTES) this.#mode = 'text';
    else this.#mode = byte === ESCAPE ? 'string-escape' : 'string';
  }

  #stepEscape(byte: number): void {
    if (byte === CSI) this.#mode = 'csi';
    else if (STRINGS.has(byte)) {
      this.#mode = 'string';
      this.#stringBytes = 0;
    } else if (byte >= 0x30) {
      this.#mode = 'text';
      if (ROW_ESCAPES.has(byte)) this.#drawnAt = this.#offset;
    }
  }

  #stepCsi(byte: number): void {
    if (byte < 0x40) return;
    this.#mode = 'text';
    if (ROW_CHANGES.has(byte)) this.#drawnAt = this.#offset;
    if (byte === COLUMN_MOVE) this.#isReturned = true;
    else if (ROW_MOVES.has(byte) && this.#length > 0) this.#end();
  }

  #control(byte: number): void {
    if (byte === NEWLINE) this.#end();
    else if (byte === RETURN) this.#isReturned = true;
    else if (byte === TAB) this.#put(Buffer.from(' '));
    else if (byte === BACKSPACE) this.#eraseLast();
  }

  #put(bytes: Uint8Array): void {
    if (this.#isReturned) this.#length = 0;
    this.#isReturned = false;
    const room = bytes.subarray(0, MAX_LINE_BYTES - this.#length);
    this.#line.set(room, this.#length);
    this.#length += room.length;
  }

  /** Takes the last character away: its continuation bytes (RFC 3629), and the one before them. */
  #eraseLast(): void {
    while (this.#length > 0 && ((this.#line[this.#length - 1] ?? 0) & 0xc0) === 0x80) {
      this.#length -= 1;
    }
    this.#length = Math.max(0, this.#length - 1);
  }

  #end(): void {
    const line = { ...this.openLine, end: this.#offset };
    this.#length = 0;
    this.#start = this.#offset;
    this.#beforeTyping = undefined;
    this.#keyed = undefined;
    this.#isReturned = false;
    this.#onLine(line);
  }
}

/** A line that was ended; `end` is the offset after it. */
export interface EndedLine extends ReadLine {
  readonly end: number;
}

function endOfText(bytes: Uint8Array, from: number): number {
  let at = from;
  while (at < bytes.length) {
    const byte = bytes[at] ?? 0;
    if (byte < SPACE || byte === DELETE) break;
    at += 1;
  }
  return at;
}

function textOf(bytes: Buffer): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is to go
  const text = bytes.toString('utf8').replace(/[\u0080-\u009f]/g, '');
  return text.slice(0, MAX_LINE_CHARACTERS);
}
