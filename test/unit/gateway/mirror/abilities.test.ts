import { describe, expect, test } from 'vitest';
import { abilities, type Level, levelOf } from '../../../../src/gateway/mirror/abilities.js';
import { encodeFrame } from '../../../../src/gateway/mirror/frame.js';
import { FrameCache } from '../../../../src/gateway/mirror/frame-cache.js';
import { TerminalAbilities } from '../../../../src/gateway/mirror/terminal-abilities.js';
import { Random } from '../../../helpers/random.js';
import { RandomGrids } from '../../../helpers/random-grids.js';

function answered(term: string, ...answers: readonly string[]): string {
  const known = new TerminalAbilities({ term, hasTrueColour: false });
  known.questions();
  const typed = Buffer.from(known.withoutAnswers(Buffer.from(answers.join('')))).toString();
  return `${known.now.level}${known.now.hasSync ? ' sync' : ''}${typed}`;
}

test.each<[Level, string]>([
  ['attributes', 'vt100 vt102 vt220 vt100-w vt320 dumb xterm-mono linux-m'],
  [
    '16',
    'xterm xterm-color xterm-16color linux linux-16color screen screen.xterm-new cygwin ansi rxvt',
  ],
  ['256', 'screen-256color rxvt-unicode-256color putty-256color screen.xterm-256color'],
  [
    'full',
    'xterm-256color tmux-256color xterm-direct xterm-kitty alacritty foot wezterm xterm-ghostty',
  ],
  ['full', 'unheard-of vte-256color konsole-direct tmux-direct st-256color'],
])('%s is what a name says: %s', (level, names) => {
  for (const name of names.split(' ')) expect([name, levelOf(name, false)]).toEqual([name, level]);
});

test('a client that says that it has 24-bit colours gets them', () => {
  expect(levelOf('xterm', true)).toBe('rgb');
  expect(levelOf('screen-256color', true)).toBe('rgb');
  expect(levelOf('xterm-kitty', true)).toBe('full');
});

describe('the answer of a terminal', () => {
  test('says more than its name, and is no key', () => {
    expect(answered('xterm', '\x1b[?2026;2$y', '\x1b[>41;388;0c')).toBe('16 sync');
    expect(answered('xterm', '\x1b[>41;388;0c', '\x1bP>|XTerm(388)\x1b\\')).toBe('full');
    expect(answered('xterm', '\x1b[>0;136;0c')).toBe('rgb');
    expect(answered('xterm-256color', '\x1b[>1;95;0c')).toBe('256');
    expect(answered('screen-256color', '\x1b[>83;40900;0c')).toBe('256');
    expect(answered('screen-256color', '\x1bP>|tmux 3.5a\x1b\\', '\x1b[>84;0;0c')).toBe('full');
    expect(answered('xterm-256color', 'q\x1b[?2026;0$y\x1b[A')).toBe('fullq\x1b[A');
  });

  test('counts however it was cut, and a key that is like its beginning is not held up', () => {
    const known = new TerminalAbilities({ term: 'xterm', hasTrueColour: false });
    known.questions();
    const all = Buffer.from('a\x1b\x1bPb\x1bP>|kitty(0.40)\x1b\\c\x1b[>1;4000;40c\x1b[?2026;1$yd');
    for (let cut = 1; cut < all.length; cut += 1) {
      const each = new TerminalAbilities({ term: 'xterm', hasTrueColour: false });
      each.questions();
      if (/\x1b[[P]?$/.test(all.subarray(0, cut).toString())) continue;
      const pieces = [all.subarray(0, cut), all.subarray(cut)].map((piece) =>
        each.withoutAnswers(piece),
      );
      expect(Buffer.concat(pieces).toString()).toBe('a\x1b\x1bPbcd');
      expect(each.now).toEqual({ level: 'full', hasSync: true });
    }
    expect(Buffer.from(known.withoutAnswers(Buffer.from('\x1b'))).toString()).toBe('\x1b');
    expect(Buffer.from(known.withoutAnswers(Buffer.from('\x1bP'))).toString()).toBe('\x1bP');
  });

  test('is looked for in what was asked alone, once, and not for ever', () => {
    const known = new TerminalAbilities({ term: 'xterm', hasTrueColour: false });
    const answer = Buffer.from('\x1b[?2026;1$y');
    expect(known.withoutAnswers(answer)).toEqual(answer);
    expect(known.questions()).toBe('\x1b[?2026$p\x1b[>c\x1b[>q');
    expect(known.questions()).toBe('');
    expect(known.withoutAnswers(answer)).toHaveLength(0);
    expect(known.withoutAnswers(answer)).toEqual(answer);
    known.withoutAnswers(Buffer.alloc(64 * 1024, 'x'));
    const late = Buffer.from('\x1b[>0;136;0c');
    expect(known.withoutAnswers(late)).toEqual(late);
  });

  test('is not asked for where a terminal would show the question', () => {
    for (const term of ['vt100', 'dumb', 'linux']) {
      const known = new TerminalAbilities({ term, hasTrueColour: false });
      expect(known.questions()).toBe('\x1b[?2026$p');
    }
  });
});

describe('a frame for a terminal', () => {
  const STYLE = '1;3;4;38;2;255;0;0;48;5;28';
  const to = {
    cols: 2,
    rows: [{ glyphs: ['a', 'b'], styles: [STYLE, '92'] }],
    cursor: null,
  };
  test.each<[Level, string]>([
    ['attributes', '\x1b[0;1;4ma\x1b[0mb'],
    ['16', '\x1b[0;1;3;4;91;42ma\x1b[0;92mb'],
    ['256', '\x1b[0;1;3;4;38;5;196;48;5;28ma\x1b[0;92mb'],
    ['rgb', `\x1b[0;${STYLE}ma\x1b[0;92mb`],
  ])('%s has what that shows', (level, drawn) => {
    const { bytes } = encodeFrame(undefined, to, { ...abilities(level, false), maxBytes: 1000 });
    expect(Buffer.from(bytes).toString()).toContain(drawn);
  });

  test('has underlines of other kinds and colours where all is shown, each by itself, and plain ones elsewhere', () => {
    const curly = { glyphs: ['a'], styles: ['4;31;4:3;58:2::1:2:3'] };
    const shown = (level: Level): string => {
      const grid = { cols: 1, rows: [curly], cursor: null };
      const { bytes } = encodeFrame(undefined, grid, {
        ...abilities(level, false),
        maxBytes: 1000,
      });
      return Buffer.from(bytes).toString().split('\x1b[1;1H')[1] ?? '';
    };
    expect(shown('full')).toBe('\x1b[0;4;31m\x1b[4:3m\x1b[58:2::1:2:3ma');
    expect(shown('rgb')).toBe('\x1b[0;4;31ma');
    expect(shown('256')).toBe('\x1b[0;4;31ma');
    expect(shown('16')).toBe('\x1b[0;4;31ma');
    expect(shown('attributes')).toBe('\x1b[0;4ma');
  });

  test('without colours has none, whatever the screen has', () => {
    const grids = new RandomGrids(new Random(5));
    for (let count = 0; count < 50; count += 1) {
      const grid = grids.grid({ cols: 60, rows: 20 });
      const options = { ...abilities('attributes', false), maxBytes: 64 * 1024 };
      const text = Buffer.from(encodeFrame(undefined, grid, options).bytes).toString();
      for (const [, words = ''] of text.matchAll(/\x1b\[([\d;:]*)m/g)) {
        expect(words).toMatch(/^0(;[1457])*$/);
      }
    }
  });

  test('is made once for all that can do the same', () => {
    const cache = new FrameCache();
    const kinds = [abilities('16', false), abilities('16', false), abilities('16', true)];
    const [one, other, third] = kinds.map((kind) => cache.frame(undefined, to, kind));
    expect(other).toBe(one);
    expect(third).not.toBe(one);
  });
});
