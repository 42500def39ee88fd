import { answerOf, type TerminalAnswer } from '../mirror/terminal-abilities.js';

/** A string from a terminal that is longer than any answer; beyond it bytes are keys again. */
const MAX_STRING_BYTES = 1024;
/**
 * A paste that is longer than anybody means for a viewer, or never ends; beyond it bytes are keys
 * again.
 */
const MAX_PASTE_BYTES = 64 * 1024;
/** Button, column and row of an old mouse report; each may be any byte but ESC (xterm, X10). */
const MOUSE_BYTES = 3;
const MAX_PARAMETERS = 16;
/** Bytes of one sequence or paste come closer together than this, and keys that somebody tries in vain do not. */
const MAX_GAP_MS = 500;

const CTRL_B = 0x02;
const CTRL_C = 0x03;
const CTRL_D = 0x04;
const BEL = 0x07;
const CAN = 0x18;
const SUB = 0x1a;
const ESC = 0x1b;
const PASTE_END = '\x1b[201~';
/** How the answer to XTVERSION begins, behind ESC. */
const VERSION_ANSWER = 'P>|';
/** A key's code, alternates, modifiers plus one, and event (kitty keyboard protocol, `CSI u`). */
const EXTENDED_KEY = /^(?<code>\d+)[:\d]*(?:;(?<modifiers>\d+)(?::(?<event>\d))?)?/;
const OTHER_KEY = /^27;(?<modifiers>\d+);(?<code>\d+)$/;
const RELEASED = '3';
/** The bit of Ctrl among the modifiers. */
const CTRL = 4;

/** One printable character, or the name of a key as tmux has it (`Up`, `PPage`, `C-c`). */
export type Key = string;

export interface KeySink {
  onKey(key: Key): void;
  /** The terminal said something of itself. */
  onAnswer(answer: TerminalAnswer): void;
}

const CONTROL_KEYS: Readonly<Record<number, Key>> = {
  [CTRL_C]: 'C-c',
  [CTRL_D]: 'C-d',
  8: 'BSpace',
  9: 'Tab',
  10: 'Enter',
  13: 'Enter',
  127: 'BSpace',
};

/** Keys by the last byte of their CSI or SS3 sequence, whatever the modifiers. */
const LETTER_KEYS: Readonly<Record<string, Key>> = {
  A: 'Up',
  B: 'Down',
  C: 'Right',
  D: 'Left',
  H: 'Home',
  F: 'End',
  Z: 'BTab',
  M: 'Enter',
};

/** Keys by the number before the `~` of their CSI sequence. */
const NUMBER_KEYS: Readonly<Record<string, Key>> = {
  1: 'Home',
  4: 'End',
  5: 'PPage',
  6: 'NPage',
  7: 'Home',
  8: 'End',
};

/** The parser's state; `string` is the body of an OSC, DCS, APC, PM or SOS (ECMA-48 §5.6). */
type State = 'ground' | 'escape' | 'csi' | 'mouse' | 'ss3' | 'string' | 'string-escape' | 'paste';

/** Whether a key leaves wherever it is not taken for something else. */
export function isLeavingKey(key: Key): boolean {
  return key === 'q' || key === 'C-c' || key === 'C-d' || key === 'Detach';
}

/**
 * Makes keys of what a terminal sends, however it is cut into pieces. Letters inside a terminal's
 * answers, mouse reports and pastes are no keys. Holds a few bytes, never the input.
 *
 * There is no timer: an ESC at the end of a piece is the key Escape, and may still turn out to begin
 * a sequence. Ctrl-C counts in the middle of anything but an old mouse report, and any key after a rest.
 */
export class KeyDecoder {
  readonly #sink: KeySink;
  readonly #now: () => number;
  /** When the last byte was taken. */
  #takenAtMs = 0;
  #state: State = 'ground';
  #isAfterPrefix = false;
  #isEscapeSaid = false;
  #parameters = '';
  /** Bytes of the string, paste or mouse report so far. */
  #length = 0;
  readonly #character: number[] = [];

  /** @param now tells milliseconds that only grow. */
  constructor(sink: KeySink, now: () => number = () => performance.now()) {
    this.#sink = sink;
    this.#now = now;
  }

  /**
   * Takes bytes as long as it may go on, at least one; the rest has to come first in the next call.
   *
   * @returns how many it took.
   */
  receive(bytes: Uint8Array, mayGoOn: () => boolean = () => true): number {
    if (this.#now() - this.#takenAtMs > MAX_GAP_MS) this.#state = 'ground';
    let taken = 0;
    for (const byte of bytes) {
      if (taken > 0 && !mayGoOn()) break;
      this.#take(byte);
      taken += 1;
    }
    this.#takenAtMs = this.#now();
    if (taken === bytes.length && this.#state === 'escape') this.#sayEscape();
    return taken;
  }

  #take(byte: number): void {
    switch (this.#state) {
      case 'ground':
        return this.#takeKey(byte);
      case 'escape':
        return this.#takeAfterEscape(byte);
      case 'csi':
        return this.#takeCsi(byte);
      case 'mouse':
        return this.#takeMouse(byte);
      case 'ss3':
        return this.#takeSs3(byte);
      case 'string':
      case 'string-escape':
        return this.#takeString(byte);
      case 'paste':
        return this.#takePaste(byte);
    }
  }

  #takeKey(byte: number): void {
    if (byte >= 0x80) return this.#takeCharacter(byte);
    this.#character.length = 0;
    if (byte === ESC) {
      this.#state = 'escape';
      this.#isEscapeSaid = false;
    } else if (byte === CTRL_B) this.#isAfterPrefix = true;
    else if (byte === 0x64 && this.#isAfterPrefix) this.#say('Detach');
    else {
      const key = CONTROL_KEYS[byte];
      if (key !== undefined) this.#say(key);
      else if (byte >= 0x20) this.#say(String.fromCharCode(byte));
      else this.#isAfterPrefix = false;
    }
  }

  #say(key: Key): void {
    this.#isAfterPrefix = false;
    this.#sink.onKey(key);
  }

  /** Takes a byte of a UTF-8 character (RFC 3629); broken characters are dropped. */
  #takeCharacter(byte: number): void {
    this.#isAfterPrefix = false;
    if (byte >= 0xc0) this.#character.length = 0;
    else if (this.#character.length === 0) return;
    this.#character.push(byte);
    if (this.#character.length < characterBytes(this.#character[0] ?? 0)) return;
    const text = Buffer.from(this.#character).toString();
    this.#character.length = 0;
    if (/^[^\p{C}\p{Zl}\p{Zp}\ufffd]$/u.test(text)) this.#say(text);
  }

  #sayEscape(): void {
    if (!this.#isEscapeSaid) this.#say('Escape');
    this.#isEscapeSaid = true;
  }

  /**
   * Takes what follows an ESC: the introducer of a sequence, or a key of its own (Escape, then
   * `q`).
   */
  #takeAfterEscape(byte: number): void {
    this.#parameters = '';
    this.#length = 0;
    if (byte === 0x5b) this.#state = 'csi';
    else if (byte === 0x4f) this.#state = 'ss3';
    else if ([0x50, 0x58, 0x5d, 0x5e, 0x5f].includes(byte)) {
      this.#state = 'string';
      this.#parameters = String.fromCharCode(byte);
    } else {
      this.#sayEscape();
      this.#state = 'ground';
      this.#takeKey(byte);
    }
  }

  #takeCsi(byte: number): void {
    if (byte < 0x20) this.#takeControl(byte);
    else if (byte >= 0x40 && byte <= 0x7e) this.#endCsi(String.fromCharCode(byte));
    else if (this.#parameters.length < MAX_PARAMETERS) {
      this.#parameters += String.fromCharCode(byte);
    }
  }

  #endCsi(final: string): void {
    const parameters = this.#parameters;
    this.#parameters = '';
    this.#state = 'ground';
    if (final === 'M' && parameters === '') this.#state = 'mouse';
    else if (final === 'M' || final === 'm') this.#sayWheel(parameters, final);
    else if (final === 'y') this.#saySyncAnswer(parameters);
    else if (final === 'c') this.#sayNumber(parameters);
    else if (final === 'u') this.#takeExtended(EXTENDED_KEY.exec(parameters)?.groups);
    else if (final === '~') this.#takeNumbered(parameters);
    else if (/^[\d;]*$/.test(parameters)) this.#sayNamed(LETTER_KEYS[final]);
  }

  #takeNumbered(parameters: string): void {
    if (parameters === '200') this.#state = 'paste';
    else if (parameters.startsWith('27;')) this.#takeExtended(OTHER_KEY.exec(parameters)?.groups);
    else this.#sayNamed(NUMBER_KEYS[parameters.split(';')[0] ?? '']);
  }

  /** A key that a terminal sends as a number with its modifiers (CSI u, xterm's modifyOtherKeys). */
  #takeExtended(numbers: Readonly<Record<string, string | undefined>> | undefined): void {
    const code = Number(numbers?.['code']);
    if (numbers === undefined || numbers['event'] === RELEASED || code > 0x10ffff) return;
    const isCtrl = ((Number(numbers['modifiers'] ?? 1) - 1) & CTRL) !== 0;
    const typed = isCtrl ? [code & 0x1f] : Buffer.from(String.fromCodePoint(code));
    if (code === ESC) this.#say('Escape');
    else if (!isCtrl || (code >= 0x40 && code < 0x7f)) {
      for (const byte of typed) this.#takeKey(byte);
    }
  }

  #sayNamed(key: Key | undefined): void {
    if (key !== undefined) this.#say(key);
  }

  /** An SGR mouse report (xterm, mode 1006); 4, 8 and 16 are the modifiers. */
  #sayWheel(parameters: string, final: string): void {
    const button = /^<(\d+);\d+;\d+$/.exec(parameters)?.[1];
    if (button === undefined || final !== 'M') return;
    const wheel = Number(button) & ~0b11100;
    if (wheel === 64) this.#say('WheelUp');
    else if (wheel === 65) this.#say('WheelDown');
  }

  #saySyncAnswer(parameters: string): void {
    const state = /^\?2026;(\d)\$$/.exec(parameters)?.[1];
    if (state !== undefined) this.#sink.onAnswer(answerOf('sync', state));
  }

  #sayNumber(parameters: string): void {
    if (parameters.startsWith('>')) this.#sink.onAnswer(answerOf('number', parameters));
  }

  #takeMouse(byte: number): void {
    this.#length += 1;
    if (byte === ESC) this.#takeControl(byte);
    else if (this.#length === MOUSE_BYTES) this.#state = 'ground';
  }

  #takeSs3(byte: number): void {
    if (byte < 0x20) return this.#takeControl(byte);
    this.#state = 'ground';
    this.#sayNamed(LETTER_KEYS[String.fromCharCode(byte)]);
  }

  /**
   * Takes what ends or replaces a sequence in its middle (ECMA-48, VT500), and keys that always
   * count.
   */
  #takeControl(byte: number): void {
    if (byte === CAN || byte === SUB) this.#state = 'ground';
    if (![ESC, CTRL_C, CTRL_D].includes(byte)) return;
    this.#state = 'ground';
    this.#takeKey(byte);
  }

  #takeString(byte: number): void {
    this.#length += 1;
    if (this.#state === 'string-escape' && byte !== 0x5c) {
      // The ESC does not end the string (ST, ECMA-48 §8.3.143): it begins another sequence.
      this.#state = 'escape';
      this.#isEscapeSaid = false;
      this.#takeAfterEscape(byte);
    } else if (byte === ESC) this.#state = 'string-escape';
    else if (byte === BEL || this.#state === 'string-escape') this.#endString();
    else if (this.#length > MAX_STRING_BYTES) this.#state = 'ground';
    else if (byte < 0x20) this.#takeControl(byte);
    else if (this.#parameters.length < VERSION_ANSWER.length) {
      this.#parameters += String.fromCharCode(byte);
    }
  }

  #endString(): void {
    this.#state = 'ground';
    if (this.#parameters === VERSION_ANSWER) this.#sink.onAnswer(answerOf('version', ''));
    this.#parameters = '';
  }

  /** Takes a byte of a paste; `#parameters` holds how much of its end mark has come. */
  #takePaste(byte: number): void {
    this.#length += 1;
    if (byte === CTRL_C) return this.#takeControl(byte);
    const seen = this.#parameters + String.fromCharCode(byte);
    if (seen === PASTE_END || this.#length > MAX_PASTE_BYTES) this.#state = 'ground';
    if (PASTE_END.startsWith(seen)) this.#parameters = seen;
    else this.#parameters = byte === ESC ? '\x1b' : '';
  }
}

function characterBytes(lead: number): number {
  if (lead >= 0xf0) return 4;
  return lead >= 0xe0 ? 3 : 2;
}
