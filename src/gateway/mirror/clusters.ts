import type { ColumnRules } from '../../base/columns.js';

/** tmux before 3.4 joins what takes no column, and what follows a zero width joiner. */
export const OLDEST: ColumnRules = { version: '3.3', isSelectorWide: false, widths: '' };

const ZERO_WIDTH_JOINER = 0x200d;
const WIDE_SELECTOR = 0xfe0f;
/** Longest cell of tmux 3.4 and 3.5, and of what came later (`UTF8_SIZE`). */
const EARLIER_CELL_BYTES = 21;
const CELL_BYTES = 32;

/*
 * What a cell's properties say in the emulator: bit 0 joins, bits 1 and 2 width, the rest is ours: whether a joiner was
 * last, what the cell began with, which jamo was last, and its bytes.
 */
const JOINS = 1;
const WIDTH_SHIFT = 1;
const AWAITS_CHARACTER = 1 << 3;
const KIND_SHIFT = 4;
const JAMO_SHIFT = 7;
const BYTES_SHIFT = 9;
const MAX_BYTES = 63;

/** What a cell began with: each joins something else. */
const KIND = { other: 0, ascii: 1, regional: 2, pair: 3, skin: 4, person: 5 } as const;
const JAMO = { none: 0, initial: 1, vowel: 2, final: 3 } as const;

/** People and parts of them, which take a colour of skin (`utf8_should_combine`). */
const PERSON =
  /[\u{1f44b}-\u{1f450}\u{1f466}-\u{1f469}\u{1f46e}\u{1f470}-\u{1f478}\u{1f47c}\u{1f481}-\u{1f483}\u{1f485}-\u{1f487}\u{1f4aa}\u{1f575}\u{1f57a}\u{1f590}\u{1f595}\u{1f596}\u{1f645}-\u{1f647}\u{1f64b}-\u{1f64f}\u{1f6b4}-\u{1f6b6}\u{1f926}\u{1f937}-\u{1f939}\u{1f93d}\u{1f93e}\u{1f9b5}\u{1f9b6}\u{1f9b8}\u{1f9b9}\u{1f9cd}-\u{1f9cf}\u{1f9d1}-\u{1f9df}]/u;

interface Cell {
  readonly width: number;
  readonly awaits: boolean;
  readonly kind: number;
  readonly jamo: number;
  readonly bytes: number;
}

type Character = Omit<Cell, 'awaits'> & { readonly codePoint: number };

/** How a joined character changes its cell: `wide` makes two columns of one. */
type Joining = 'no' | 'same' | 'wide';

/** Which characters share a cell in one version of tmux (`screen_write_combine`). */
export class Clusters {
  readonly #join: (cell: Cell, next: Character) => Joining;

  constructor({ version, isSelectorWide }: ColumnRules) {
    const [, major, minor] = /(\d+)\.(\d+)/.exec(version) ?? [];
    const number = major === undefined ? Infinity : Number(major) * 100 + Number(minor);
    const selector = isSelectorWide ? 'wide' : 'same';
    const isOnePair = number >= 307;
    if (number < 304) this.#join = joinOldest;
    else if (number < 306) this.#join = joinModifiers;
    else this.#join = (cell, next) => joinPairs(cell, next, { selector, isOnePair });
  }

  /** The properties of a character behind a cell with the properties `preceding`; 0 where there is none. */
  follow(codePoint: number, width: number, preceding: number): number {
    // Printable ASCII is most of what is shown, and joins nothing.
    if (codePoint < 0x7f && codePoint >= 0x20 && (preceding & AWAITS_CHARACTER) === 0) return ASCII;
    const cell = cellOf(preceding);
    const next = characterOf(codePoint, width);
    const joining = cell.width === 0 ? 'no' : this.#join(cell, next);
    const awaits = codePoint === ZERO_WIDTH_JOINER;
    if (joining === 'no') return properties({ ...next, awaits });
    const isPair = cell.kind === KIND.regional && next.kind === KIND.regional;
    const joined = {
      ...{ awaits, width: joining === 'wide' ? 2 : cell.width, jamo: next.jamo },
      kind: isPair ? KIND.pair : cell.kind,
      bytes: Math.min(MAX_BYTES, cell.bytes + next.bytes),
    };
    return properties(joined) | JOINS;
  }
}

const ASCII = properties({
  ...{ width: 1, awaits: false, kind: KIND.ascii, jamo: JAMO.none, bytes: 1 },
});

function joinOldest(cell: Cell, next: Character): Joining {
  return next.width === 0 || cell.awaits ? 'same' : 'no';
}

/** tmux 3.4 and 3.5: skin and regional indicators join whatever is not ASCII, and make it wide. */
function joinModifiers(cell: Cell, next: Character): Joining {
  if (next.codePoint === WIDE_SELECTOR) return 'wide';
  if (next.width === 0) return 'same';
  if (cell.bytes + next.bytes > EARLIER_CELL_BYTES || next.kind === KIND.ascii) return 'no';
  if (next.kind === KIND.regional || next.kind === KIND.skin) {
    return cell.kind === KIND.ascii && cell.bytes === 1 ? 'no' : 'wide';
  }
  return cell.awaits ? 'same' : 'no';
}

interface PairRules {
  readonly selector: Joining;
  /**
   * Whether a third regional indicator begins the next flag (tmux 3.7); before it joins the first
   * two.
   */
  readonly isOnePair: boolean;
}

/** tmux 3.6 and later: indicators join one another, skin joins people, and both are wide then. */
function joinPairs(cell: Cell, next: Character, { selector, isOnePair }: PairRules): Joining {
  if (next.codePoint === WIDE_SELECTOR) return selector;
  if (next.width === 0) return 'same';
  if (cell.bytes + next.bytes > CELL_BYTES || next.kind === KIND.ascii) return 'no';
  if (next.jamo !== JAMO.none) return fitsJamo(cell, next) ? 'same' : 'no';
  if (isFlag(cell, next, isOnePair) || isPersonWithSkin(cell, next)) return 'wide';
  return cell.awaits ? 'same' : 'no';
}

function isFlag(cell: Cell, next: Character, isOnePair: boolean): boolean {
  if (next.kind !== KIND.regional) return false;
  return cell.kind === KIND.regional || (cell.kind === KIND.pair && !isOnePair);
}

function isPersonWithSkin(cell: Cell, next: Character): boolean {
  return (
    (cell.kind === KIND.person && next.kind === KIND.skin) ||
    (cell.kind === KIND.skin && next.kind === KIND.person)
  );
}

/** Hangul: an initial begins a syllable, and a vowel or final joins what it fits to. */
function fitsJamo(cell: Cell, next: Character): boolean {
  return next.jamo !== JAMO.initial && cell.jamo === next.jamo - 1;
}

function cellOf(preceding: number): Cell {
  return {
    width: (preceding >> WIDTH_SHIFT) & 3,
    awaits: (preceding & AWAITS_CHARACTER) !== 0,
    kind: (preceding >> KIND_SHIFT) & 7,
    jamo: (preceding >> JAMO_SHIFT) & 3,
    bytes: (preceding >> BYTES_SHIFT) & MAX_BYTES,
  };
}

function properties({ width, awaits, kind, jamo, bytes }: Cell): number {
  const own = (kind << KIND_SHIFT) | (jamo << JAMO_SHIFT) | (bytes << BYTES_SHIFT);
  return own | (awaits ? AWAITS_CHARACTER : 0) | (width << WIDTH_SHIFT);
}

function characterOf(codePoint: number, width: number): Character {
  const bytes = codePoint < 0x80 ? 1 : codePoint < 0x800 ? 2 : codePoint < 0x10000 ? 3 : 4;
  return { codePoint, width, kind: kindOf(codePoint), jamo: jamoOf(codePoint), bytes };
}

function kindOf(codePoint: number): number {
  if (codePoint < 0x80) return KIND.ascii;
  if (codePoint < 0x1f000) return KIND.other;
  if (codePoint >= 0x1f1e6 && codePoint <= 0x1f1ff) return KIND.regional;
  if (codePoint >= 0x1f3fb && codePoint <= 0x1f3ff) return KIND.skin;
  return PERSON.test(String.fromCodePoint(codePoint)) ? KIND.person : KIND.other;
}

/** The blocks of Hangul jamo by what they are in a syllable. */
const JAMO_BLOCKS = [
  ...[{ first: 0x1100, last: 0x115f, jamo: JAMO.initial }],
  ...[{ first: 0x1160, last: 0x11a7, jamo: JAMO.vowel }],
  ...[{ first: 0x11a8, last: 0x11ff, jamo: JAMO.final }],
  ...[{ first: 0xa960, last: 0xa97c, jamo: JAMO.initial }],
  ...[{ first: 0xd7b0, last: 0xd7c6, jamo: JAMO.vowel }],
  ...[{ first: 0xd7cb, last: 0xd7fb, jamo: JAMO.final }],
];

function jamoOf(codePoint: number): number {
  if (codePoint < 0x1100 || codePoint > 0xd7fb) return JAMO.none;
  const block = JAMO_BLOCKS.find(({ first, last }) => codePoint >= first && codePoint <= last);
  return block?.jamo ?? JAMO.none;
}
