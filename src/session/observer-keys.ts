/** A string from a terminal that is longer than any answer; after it the keys count again. */
const MAX_STRING_BYTES = 1024;
/** Button, column and row of an old mouse report; each may be any byte (xterm, X10). */
const MOUSE_BYTES = 3;

const CTRL_B = 0x02;
const CTRL_C = 0x03;
const CTRL_D = 0x04;
const BEL = 0x07;
const CAN = 0x18;
const SUB = 0x1a;
const ESC = 0x1b;

/** Where in the input we are; `string` is the body of an OSC, DCS, APC, PM or SOS (ECMA-48 §5.6). */
type Place =
  | 'ground'
  | 'escape'
  | 'csi'
  | 'mouse'
  | 'ss3'
  | 'string'
  | 'string-escape'
  | 'prefix'
  | 'paste';

/**
 * What an observer's keys do: `q`, Ctrl-C, Ctrl-D and Ctrl-B d leave, everything else is nothing.
 * Letters inside a terminal's answers, mouse reports and pastes are no keys, however the input is
 * cut into pieces. Holds a few bytes, never the input.
 */
export class ObserverKeys {
  #place: Place = 'ground';
  #parameters = '';
  #stringBytes = 0;
  #mouseBytes = 0;

  /** Whether the observer asked to leave somewhere in this piece of input. */
  asksToLeave(bytes: Uint8Array): boolean {
    return bytes.some((byte) => this.#take(byte));
  }

  #take(byte: number): boolean {
    switch (this.#place) {
      case 'ground':
        return this.#takeKey(byte);
      case 'prefix':
        return this.#takeAfterPrefix(byte);
      case 'escape':
        return this.#takeAfterEscape(byte);
      case 'csi':
        return this.#takeCsi(byte);
      case 'mouse':
        return this.#takeMouse();
      case 'ss3':
        return this.#takeSs3(byte);
      case 'string':
      case 'string-escape':
        return this.#takeString(byte);
      case 'paste':
        return this.#takePaste(byte);
    }
  }

  #takeKey(byte: number): boolean {
    if (byte === ESC) this.#place = 'escape';
    else if (byte === CTRL_B) this.#place = 'prefix';
    return byte === CTRL_C || byte === CTRL_D || byte === 0x71;
  }

  #takeAfterPrefix(byte: number): boolean {
    this.#place = 'ground';
    return byte === 0x64 || this.#takeKey(byte);
  }

  /** After ESC: the introducer of a sequence, or a key of its own (Escape, then `q`). */
  #takeAfterEscape(byte: number): boolean {
    this.#parameters = '';
    this.#stringBytes = 0;
    if (byte === 0x5b) this.#place = 'csi';
    else if (byte === 0x4f) this.#place = 'ss3';
    else if ([0x50, 0x58, 0x5d, 0x5e, 0x5f].includes(byte)) this.#place = 'string';
    else {
      this.#place = 'ground';
      return this.#takeKey(byte);
    }
    return false;
  }

  #takeCsi(byte: number): boolean {
    if (byte === ESC) this.#place = 'escape';
    else if (byte < 0x20) return this.#takeControl(byte);
    else if (byte >= 0x40 && byte <= 0x7e) {
      this.#place = this.#afterCsi(byte);
      this.#parameters = '';
    } else if (this.#parameters.length < 16) this.#parameters += String.fromCharCode(byte);
    return false;
  }

  #afterCsi(final: number): Place {
    this.#mouseBytes = 0;
    if (final === 0x7e && this.#parameters === '200') return 'paste';
    return final === 0x4d && this.#parameters === '' ? 'mouse' : 'ground';
  }

  #takeMouse(): boolean {
    this.#mouseBytes += 1;
    if (this.#mouseBytes === MOUSE_BYTES) this.#place = 'ground';
    return false;
  }

  #takeSs3(byte: number): boolean {
    this.#place = 'ground';
    return byte === CTRL_C || byte === CTRL_D;
  }

  #takeControl(byte: number): boolean {
    if (byte === CAN || byte === SUB) this.#place = 'ground';
    return byte === CTRL_C || byte === CTRL_D;
  }

  #takeString(byte: number): boolean {
    this.#stringBytes += 1;
    if (this.#place === 'string-escape' && byte !== 0x5c) {
      this.#place = 'escape';
      return this.#takeAfterEscape(byte);
    }
    if (byte === ESC) this.#place = 'string-escape';
    else if (byte === BEL || this.#place === 'string-escape') this.#place = 'ground';
    else if (this.#stringBytes > MAX_STRING_BYTES) this.#place = 'ground';
    else if (byte < 0x20) return this.#takeControl(byte);
    return false;
  }

  /** Ends only with `ESC [ 201 ~`; `#parameters` holds how much of it has come. */
  #takePaste(byte: number): boolean {
    const end = '\x1b[201~';
    const seen = this.#parameters + String.fromCharCode(byte);
    if (seen === end) this.#place = 'ground';
    if (end.startsWith(seen)) this.#parameters = seen;
    else this.#parameters = byte === ESC ? '\x1b' : '';
    return false;
  }
}
