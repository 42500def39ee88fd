import type { IUnicodeVersionProvider } from '@xterm/headless';
import { ASKED_CODE_POINTS, type ColumnRules } from '../../base/columns.js';
import { Clusters, OLDEST } from './clusters.js';

/**
 * What is two columns wide in the C libraries that tmux asks (East Asian Wide and Fullwidth, Unicode
 * 15; what is unassigned next to it counts as well, since later versions filled it that way).
 */
const WIDE = `1100-115f 231a-231b 2329-232a 23e9-23ec 23f0 23f3 25fd-25fe 2614-2615 2648-2653 267f 2693
26a1 26aa-26ab 26bd-26be 26c4-26c5 26ce 26d4 26ea 26f2-26f3 26f5 26fa 26fd 2705 270a-270b 2728 274c
274e 2753-2755 2757 2795-2797 27b0 27bf 2b1b-2b1c 2b50 2b55 2e80-3029 302e-303e 3041-3096 309b-a4c6
a960-a97c ac00-d7a3 f900-fad9 fe10-fe19 fe30-fe6b ff01-ff60 ffe0-ffe6 16fe0-16fe3 16ff0-1b2fb 1f004
1f0cf 1f18e 1f191-1f19a 1f200-1f320 1f32d-1f335 1f337-1f37c 1f37e-1f393 1f3a0-1f3ca 1f3cf-1f3d3
1f3e0-1f3f0 1f3f4 1f3f8-1f43e 1f440 1f442-1f4fc 1f4ff-1f53d 1f54b-1f54e 1f550-1f567 1f57a 1f595-1f596
1f5a4 1f5fb-1f64f 1f680-1f6c5 1f6cc 1f6d0-1f6d2 1f6d5-1f6df 1f6eb-1f6ec 1f6f4-1f6fc 1f7e0-1f7f0
1f90c-1f93a 1f93c-1f945 1f947-1f9ff 1fa70-1faff 20000-3fffd`;

/** Marks, format characters, and the vowels and finals of Hangul, which join the consonant before. */
const ZERO = /[\p{Mn}\p{Me}\p{Cf}\u1160-\u11ff\ud7b0-\ud7fb]/u;
/** Format characters that show something of their own. */
const SHOWN_FORMAT = /[\u00ad\u0600-\u0605\u06dd\u070f\u0890\u0891\u08e2\u{110bd}\u{110cd}]/u;

const FIRST_SPECIAL = 0xad;
/** Planes 0 and 1; what is above is uniform. */
const TABLE_SIZE = 0x20000;

type Width = 0 | 1 | 2;

/**
 * Counts columns as the tmux of the session does when it writes to a terminal, so that emulator and tmux agree where
 * a character ends.
 */
export class CharacterWidth implements IUnicodeVersionProvider {
  readonly version = 'tmux';
  /** Width + 1 of the characters that were asked for; 0 for the others. */
  readonly #known = new Uint8Array(TABLE_SIZE);
  readonly #wide = rangesOf(WIDE);
  readonly #clusters: Clusters;

  /** @param rules how the tmux server counts; without them as tmux 3.3 does. */
  constructor(rules: ColumnRules = OLDEST) {
    this.#clusters = new Clusters(rules);
    ASKED_CODE_POINTS.forEach((codePoint, index) => {
      const digit = rules.widths[index];
      if (digit !== undefined && codePoint < TABLE_SIZE) this.#known[codePoint] = Number(digit) + 1;
    });
  }

  wcwidth(codePoint: number): Width {
    if (codePoint < FIRST_SPECIAL) return codePoint < 0x20 ? 0 : 1;
    if (codePoint >= TABLE_SIZE) return this.#measure(codePoint);
    const known = this.#known[codePoint] ?? 0;
    if (known > 0) return (known - 1) as Width;
    const width = this.#measure(codePoint);
    this.#known[codePoint] = width + 1;
    return width;
  }

  charProperties(codePoint: number, preceding: number): number {
    return this.#clusters.follow(codePoint, this.wcwidth(codePoint), preceding);
  }

  #measure(codePoint: number): Width {
    const character = String.fromCodePoint(codePoint);
    if (ZERO.test(character) && !SHOWN_FORMAT.test(character)) return 0;
    return this.#wide.some(([first, last]) => codePoint >= first && codePoint <= last) ? 2 : 1;
  }
}

function rangesOf(text: string): readonly (readonly [number, number])[] {
  return text.split(/\s+/).map((range) => {
    const [first = '', last = first] = range.split('-');
    return [Number.parseInt(first, 16), Number.parseInt(last, 16)];
  });
}
