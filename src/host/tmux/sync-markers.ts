/** How tmux 3.2 and 3.3 bracket a redraw; 3.4 and later use mode 2026, as terminals do. */
const OLD_MARKER = /\u001bP=([12])s\u001b\\/g;
/** The beginning of one, cut off by the end of a piece. */
const BEGINNING = /\u001b(?:P(?:=(?:[12](?:s\u001b?)?)?)?)?$/;
const ESC = 0x1b;

/** Brings the markers of synchronised updates into their one form of today. */
export class SyncMarkers {
  #rest = '';

  /** @returns what is sure to be whole of all that came so far; maybe nothing. */
  translate(bytes: Uint8Array): Uint8Array {
    if (this.#rest === '' && !bytes.includes(ESC)) return bytes;
    const text = this.#rest + Buffer.from(bytes).toString('latin1');
    const end = BEGINNING.exec(text)?.index ?? text.length;
    this.#rest = text.slice(end);
    const whole = text.slice(0, end).replace(OLD_MARKER, (_marker, kind) => {
      return kind === '1' ? '\x1b[?2026h' : '\x1b[?2026l';
    });
    return Buffer.from(whole, 'latin1');
  }
}
