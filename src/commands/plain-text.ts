import { printable } from '../base/visible.js';

/** Longest sequence that is left out as a whole; what goes on longer is no sequence of anybody's. */
const MAX_SEQUENCE = 4096;

const ESC = 0x1b;
const BEL = 0x07;

/**
 * Where the reader is: in text, behind an ESC, in a control sequence (CSI), in a string (OSC, DCS, SOS, PM,
 * APC), behind an ESC within one, or behind the intermediate bytes of an escape sequence (ECMA-48).
 */
type State = 'text' | 'escape' | 'csi' | 'string' | 'string-escape' | 'intermediate';

/**
 * Makes the output of a pane into lines that are safe for any terminal: without escape sequences, wherever
 * a page ends within one, and with every other control character shown as an escape.
 */
export class PlainText {
  readonly #decoder = new TextDecoder('utf-8');
  #state: State = 'text';
  #length = 0;
  #hasReturn = false;

  /** The text of the next bytes. */
  read(bytes: Uint8Array): string {
    let text = '';
    for (const character of this.#decoder.decode(bytes, { stream: true })) {
      text += this.#take(character);
    }
    return text;
  }

  /** What came before is not joined with what comes now. */
  forget(): void {
    this.#decoder.decode();
    this.#state = 'text';
    this.#hasReturn = false;
  }

  #take(character: string): string {
    const code = character.codePointAt(0) ?? 0;
    if (this.#state === 'text') return this.#takeText(character, code);
    this.#length += 1;
    this.#state = this.#length > MAX_SEQUENCE ? 'text' : next(this.#state, code);
    return '';
  }

  #takeText(character: string, code: number): string {
    const entered = entering(code);
    if (entered !== undefined) {
      this.#state = entered;
      this.#length = 0;
      return '';
    }
    const wasReturn = this.#hasReturn;
    this.#hasReturn = character === '\r';
    if (character === '\r' || code === 0x08 || code === BEL) return '';
    if (character === '\n') return '\n';
    // What overwrites its line, as a progress bar does, is shown line by line.
    return (wasReturn ? '\n' : '') + (character === '\t' ? character : printable(character));
  }
}

/** The state that a character of text begins; C1 forms are the same as ESC and a letter. */
function entering(code: number): State | undefined {
  if (code === ESC) return 'escape';
  if (code === 0x9b) return 'csi';
  return [0x90, 0x98, 0x9d, 0x9e, 0x9f].includes(code) ? 'string' : undefined;
}

/** CAN and SUB end every sequence. */
function next(state: Exclude<State, 'text'>, code: number): State {
  return code === 0x18 || code === 0x1a ? 'text' : STEPS[state](code);
}

const STEPS: Readonly<Record<Exclude<State, 'text'>, (code: number) => State>> = {
  escape: afterEscape,
  intermediate: (code) => (isIntermediate(code) ? 'intermediate' : 'text'),
  csi: (code) => {
    if (code === ESC) return 'escape';
    return code >= 0x40 && code <= 0x7e ? 'text' : 'csi';
  },
  string: (code) => {
    if (code === BEL || code === 0x9c) return 'text';
    return code === ESC ? 'string-escape' : 'string';
  },
  'string-escape': (code) => (code === 0x5c ? 'text' : afterEscape(code)),
};

function afterEscape(code: number): State {
  if (code === ESC) return 'escape';
  if (code === 0x5b) return 'csi';
  if ([0x50, 0x58, 0x5d, 0x5e, 0x5f].includes(code)) return 'string';
  return isIntermediate(code) ? 'intermediate' : 'text';
}

function isIntermediate(code: number): boolean {
  return code >= 0x20 && code <= 0x2f;
}
