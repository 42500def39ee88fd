import { isAtLeast, type Level } from './abilities.js';
import { ansiOf, paletteOf } from './colour.js';

/** What a VT100 has: bold, underlined, blinking, reverse. */
const VT100 = ['1', '4', '5', '7'];
/** How many sequences are remembered for each level; then all are forgotten. */
const MAX_KNOWN = 4096;

const known = new Map<Level, Map<string, string>>();

/** What sets a style of `Row` on a terminal that can show so much, whatever was set before. */
export function styleSequence(style: string, level: Level): string {
  if (style === '') return '\x1b[0m';
  const ofLevel = known.get(level) ?? new Map<string, string>();
  const before = ofLevel.get(style);
  if (before !== undefined) return before;
  if (ofLevel.size >= MAX_KNOWN) ofLevel.clear();
  const sequence = encoded(style, level);
  known.set(level, ofLevel.set(style, sequence));
  return sequence;
}

/** Each word with colons has a sequence of its own: a terminal that does not know it drops no more than that. */
function encoded(style: string, level: Level): string {
  const all = style.split(';');
  const plain = all.filter((word) => !word.includes(':'));
  const decorations = level === 'full' ? all.filter((word) => word.includes(':')) : [];
  const first = ['0', ...shownParameters(plain, level)].join(';');
  return [first, ...decorations].map((parameters) => `\x1b[${parameters}m`).join('');
}

function shownParameters(words: readonly string[], level: Level): readonly string[] {
  if (isAtLeast(level, 'rgb')) return words;
  const shown: string[] = [];
  for (let at = 0; at < words.length; ) {
    const length = lengthOf(words, at);
    shown.push(...shownAs(words.slice(at, at + length), level));
    at += length;
  }
  return shown;
}

/** How many words say one thing: `38;5;N` or `38;2;R;G;B` a colour, and all else stands alone. */
function lengthOf(words: readonly string[], at: number): number {
  if (words[at] !== '38' && words[at] !== '48') return 1;
  return words[at + 1] === '2' ? 5 : 3;
}

function shownAs(words: readonly string[], level: Level): readonly string[] {
  if (level === 'attributes') return words.filter(() => VT100.includes(words.join(';')));
  if (words.length === 1) return words;
  const [ground = '', kind, ...numbers] = words;
  const [red = 0, green = 0, blue = 0] = numbers.map(Number);
  const palette = kind === '2' ? paletteOf([red, green, blue]) : red;
  return level === '256' ? [ground, '5', String(palette)] : [ansiWord(ground, ansiOf(palette))];
}

/** 30 to 37 and 90 to 97, or for the background 40 to 47 and 100 to 107. */
function ansiWord(ground: string, colour: number): string {
  const first = (ground === '38' ? 30 : 40) + (colour < 8 ? 0 : 60);
  return String(first + (colour & 7));
}
