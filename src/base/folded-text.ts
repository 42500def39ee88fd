/**
 * A plain text that is searched for: case counts when it has an upper case letter, and the ways to
 * compose a character are the same (NFC).
 */
export class FoldedText {
  readonly folded: string;
  readonly #isCaseSensitive: boolean;

  constructor(text: string) {
    this.#isCaseSensitive = /\p{Lu}/u.test(text);
    this.folded = this.fold(text);
  }

  isIn(text: string): boolean {
    return this.fold(text).includes(this.folded);
  }

  /** What of a text is compared. */
  fold(text: string): string {
    const composed = text.normalize('NFC');
    return this.#isCaseSensitive ? composed : composed.toLowerCase();
  }
}
