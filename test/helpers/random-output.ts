import type { TerminalSize } from '../../src/base/terminal-size.js';
import type { Random } from './random.js';

const NARROW = ['x', 'some words ', 'e\u0301', '❤\ufe0f', '\r\n', '\n', '\t', '\x1b(0lqk\x1b(B'];
const WIDE = ['日本語', '👩\u200d💻', '👍'];
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

/**
 * What may be written: `wide` leaves out what cuts a wide character in two, after which tmux itself
 * does not know what it shows; `cutting` leaves out wide characters.
 */
export type OutputKind = 'all' | 'wide' | 'cutting';

/** What a program may write: text, colours, moves, regions that scroll, erasures, both screens. */
export function randomOutput(random: Random, size: TerminalSize, kind: OutputKind = 'all'): string {
  const texts = kind === 'cutting' ? NARROW : [...NARROW, ...WIDE];
  const piece = (): string => {
    const what = random.below(3);
    if (what === 0) return `\x1b[${random.pick(STYLES)}m`;
    if (what === 1) return sequence(random, size, kind);
    return random.pick(texts).repeat((1 + random.below(4)) ** 2);
  };
  return Array.from({ length: 1 + random.below(12) }, piece).join('');
}

function sequence(random: Random, { cols, rows }: TerminalSize, kind: OutputKind): string {
  const [row, col, few] = [1 + random.below(rows), 1 + random.below(cols), 1 + random.below(4)];
  const last = Math.min(rows, row + 1 + random.below(rows));
  const whole = [
    `\x1b[${row};${col}H`,
    `\x1b[${row};1H`,
    `\x1b[${few}${random.pick(['S', 'T', 'L', 'M'])}`,
    last > row ? `\x1b[${row};${last}r` : '\x1b[r',
    '\x1b[r',
    '\x1bM',
    random.pick(['\x1b[?1049h', '\x1b[?1049l', '\x1b[?25l', '\x1b[?25h', '\x1b[?6l']),
  ];
  const cuts = [
    `\x1b[${few}${random.pick(['P', '@', 'X'])}`,
    `\x1b[${random.below(3)}${random.pick(['J', 'K', 'K', 'K'])}`,
  ];
  return random.pick(kind === 'wide' ? whole : [...whole, ...cuts]);
}
