import { StringDecoder } from 'node:string_decoder';
import { printableLines } from '../../base/visible.js';

/** Longest sequence, in bytes, that is left out as a whole; what goes on longer is no sequence of anybody's. */
const MAX_SEQUENCE = 4096;

const BACKSPACE = 0x08;
const BEL = 0x07;
const NEWLINE = 0x0a;
const RETURN = 0x0d;
const ESC = 0x1b;
const SPACE = 0x20;
const BACKSLASH = 0x5c;
const DELETE = 0x7f;
/** What begins the UTF-8 of U+0080 to U+00BF, and with them of every C1 control character. */
const C1_LEAD = 0xc2;
/** The second byte of ST in UTF-8, behind `C1_LEAD` (ECMA-48 §8.3.143). */
const STRING_TERMINATOR = 0x9c;

/**
 * Where the reader is: in text, behind an ESC, in a control sequence (CSI), in a string (OSC, DCS, SOS, PM,
 * APC), behind an ESC or the lead of a C1 within one, or behind the intermediate bytes of an escape
 * sequence (ECMA-48).
 */
const TEXT = 0;
const ESCAPE = 1;
const CONTROL = 2;
const STRING = 3;
const STRING_ESCAPE = 4;
const STRING_C1 = 5;
const INTERMEDIATE = 6;
const STATES = 7;

/**
 * Makes the output of a pane into lines that are safe for any terminal: without escape sequences, wherever
 * a page ends within one, and with every other control character shown as an escape.
 *
 * A mebibyte has to take a few milliseconds, so it works on bytes: sequences go by a table of states, and what
 * is left is decoded at once.
 */
export class PlainText {
  /** Four times as fast as a `TextDecoder` with what is no UTF-8. */
  readonly #decoder = new StringDecoder('utf8');
  #state = TEXT;
  /** How many bytes of the sequence have come so far. */
  #length = 0;
  #hasReturn = false;
  /** The last byte may be the first of a C1 control character. */
  #hasLead = false;
  /** What is left of the bytes that are read, and how much of it there is. */
  #kept = new Uint8Array();
  #end = 0;

  /** The text of the next bytes. */
  read(bytes: Uint8Array): string {
    const all = this.#hasLead ? Buffer.concat([Uint8Array.of(C1_LEAD), bytes]) : bytes;
    this.#hasLead = false;
    // Each byte may be kept behind a line end.
    this.#kept = new Uint8Array(1 + all.length * 2);
    this.#end = 0;
    for (let at = 0; at < all.length; ) {
      at = this.#state === TEXT ? this.#readText(all, at) : this.#readSequence(all, at);
    }
    const kept = this.#kept.subarray(0, this.#end);
    this.#kept = new Uint8Array();
    return printableLines(this.#decoder.write(kept));
  }

  /** Begins anew: what came before is not joined with what comes now. */
  forget(): void {
    this.#decoder.end();
    this.#state = TEXT;
    this.#hasReturn = false;
    this.#hasLead = false;
  }

  /** Keeps text up to the next sequence; returns where that begins. */
  #readText(bytes: Uint8Array, from: number): number {
    for (let at = from; at < bytes.length; at += 1) {
      const byte = bytes[at] ?? 0;
      if (byte === C1_LEAD) {
        const entered = this.#enterByC1(bytes[at + 1]);
        if (entered > 0) return at + entered;
      } else if (byte === ESC) {
        this.#enter(ESCAPE);
        return at + 1;
      }
      if (byte >= SPACE && byte !== DELETE) this.#keep(byte);
      else this.#control(byte);
    }
    return bytes.length;
  }

  /** How many bytes begin a sequence where `C1_LEAD` and `next` stand; none where they are text. */
  #enterByC1(next: number | undefined): number {
    if (next === undefined) {
      this.#hasLead = true;
      return 1;
    }
    const state = afterC1(next);
    if (state === TEXT) return 0;
    this.#enter(state);
    return 2;
  }

  #enter(state: number): void {
    this.#state = state;
    this.#length = 0;
  }

  #readSequence(bytes: Uint8Array, from: number): number {
    let at = from;
    for (; at < bytes.length && this.#state !== TEXT; at += 1) {
      const byte = bytes[at] ?? 0;
      const isAtEscape = this.#state === ESCAPE || this.#state === INTERMEDIATE;
      // The byte is no part of an escape sequence: it is text again.
      if (byte >= 0x80 && isAtEscape) {
        this.#state = TEXT;
        break;
      }
      this.#length += 1;
      this.#state = this.#length > MAX_SEQUENCE ? TEXT : nextOf(this.#state, byte);
    }
    return at;
  }
  /** Keeps a character's byte, on a line of its own where it overwrites one, as a progress bar does. */
  #keep(byte: number): void {
    if (this.#hasReturn) this.#put(NEWLINE);
    this.#hasReturn = false;
    this.#put(byte);
  }

  #control(byte: number): void {
    if (byte === RETURN) {
      this.#hasReturn = true;
      return;
    }
    if (byte === NEWLINE || byte === BACKSPACE || byte === BEL) this.#hasReturn = false;
    if (byte !== BACKSPACE && byte !== BEL) this.#keep(byte);
  }

  #put(byte: number): void {
    this.#kept[this.#end] = byte;
    this.#end += 1;
  }
}

const NEXT = Uint8Array.from({ length: STATES * 256 }, (_, index) =>
  stateAfter(index >> 8, index & 0xff),
);

function nextOf(state: number, byte: number): number {
  return NEXT[state * 256 + byte] ?? TEXT;
}

/** CAN and SUB end every sequence. */
function stateAfter(state: number, byte: number): number {
  if (byte === 0x18 || byte === 0x1a) return TEXT;
  if (state === CONTROL) return afterControl(byte);
  if (state === STRING_C1 && byte === STRING_TERMINATOR) return TEXT;
  if (state === STRING || state === STRING_C1) return afterString(byte);
  if (state === STRING_ESCAPE && byte === BACKSLASH) return TEXT;
  if (state === INTERMEDIATE) return isIntermediate(byte) ? INTERMEDIATE : TEXT;
  return afterEscape(byte);
}

function afterControl(byte: number): number {
  if (byte === ESC) return ESCAPE;
  return byte >= 0x40 && byte <= 0x7e ? TEXT : CONTROL;
}

function afterString(byte: number): number {
  if (byte === BEL) return TEXT;
  if (byte === C1_LEAD) return STRING_C1;
  return byte === ESC ? STRING_ESCAPE : STRING;
}

function afterEscape(byte: number): number {
  if (byte === ESC) return ESCAPE;
  // A C1 control character is ESC and a letter in one (ECMA-48).
  const state = afterC1(byte + 0x40);
  if (state !== TEXT) return state;
  return isIntermediate(byte) ? INTERMEDIATE : TEXT;
}

/** What a C1 control character begins: CSI, DCS, SOS, OSC, PM, APC. */
function afterC1(code: number): number {
  if (code === 0x9b) return CONTROL;
  return [0x90, 0x98, 0x9d, 0x9e, 0x9f].includes(code) ? STRING : TEXT;
}

function isIntermediate(byte: number): boolean {
  return byte >= 0x20 && byte <= 0x2f;
}
