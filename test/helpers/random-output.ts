import type { TerminalSize } from '../../src/base/terminal-size.js';
import type { Random } from './random.js';

const TEXTS = [
  'x',
  'some words ',
  '日本語',
  '👩\u200d💻',
  'e\u0301',
  '❤\ufe0f',
  '\r\n',
  '\n',
  '\t',
  '\x1b(0lqk\x1b(B',
];
const STYLES = [
  '0',
  '1',
  '4',
  '7',
  '31',
  '42',
  '97',
  '38;5;200',
  '48;5;17',
  '38;2;9;99;200',
  '48;2;1;2;3',
  '2;3;9',
];

/** What a program may write: text, colours, moves, regions that scroll, erasures, both screens. */
export function randomOutput(random: Random, { cols, rows }: TerminalSize): string {
  return Array.from({ length: 1 + random.below(12) }, () => piece(random, cols, rows)).join('');
}

function piece(random: Random, cols: number, rows: number): string {
  const [row, col, few] = [1 + random.below(rows), 1 + random.below(cols), 1 + random.below(4)];
  const last = Math.min(rows, row + 1 + random.below(rows));
  const region = last > row ? `\x1b[${row};${last}r` : '\x1b[r';
  const sequences = [
    `\x1b[${row};${col}H`,
    `\x1b[${row};1H`,
    `\x1b[${few}${random.pick(['S', 'T', 'L', 'M', 'P', '@', 'X'])}`,
    `\x1b[${random.below(3)}${random.pick(['J', 'K', 'K', 'K'])}`,
    region,
    '\x1b[r',
    '\x1bM',
    random.pick(['\x1b[?1049h', '\x1b[?1049l', '\x1b[?25l', '\x1b[?25h', '\x1b[?6l']),
  ];
  const what = random.below(3);
  if (what === 0) return `\x1b[${random.pick(STYLES)}m`;
  if (what === 1) return random.pick(sequences);
  return random.pick(TEXTS).repeat(few * few);
}
