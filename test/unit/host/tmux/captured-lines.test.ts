import { expect, test } from 'vitest';
import { OwnSlices } from '../../../../src/base/slices.js';
import { completeLines } from '../../../../src/host/tmux/captured-lines.js';
import { CountedSlices } from '../../../helpers/counted-slices.js';

const completed = (lines: readonly string[]) => completeLines(lines, new OwnSlices());

test('plain lines stay as they are', async () => {
  expect(await completed(['one', '', 'zwei 日本 e\u0301 👩‍👩‍👧'])).toEqual([
    'one',
    '',
    'zwei 日本 e\u0301 👩‍👩‍👧',
  ]);
});

test('a style that goes on is said again on each line, and ends with it', async () => {
  expect(
    await completed(['\x1b[31mred', 'still \x1b[1mbold', 'both\x1b[0m plain', 'plain']),
  ).toEqual([
    '\x1b[31mred\x1b[0m',
    '\x1b[31mstill \x1b[0;31;1mbold\x1b[0m',
    '\x1b[31;1mboth\x1b[0m plain',
    'plain',
  ]);
});

test('a style that goes on stays short, however often it changed', async () => {
  const colours = Array.from({ length: 200 }, (_, n) => `\x1b[38;2;${n};0;0mx\x1b[48;5;${n}my`);
  const [, second] = await completed([colours.join(''), 'next']);
  expect(second).toBe('\x1b[38;2;199;0;0;48;5;199mnext\x1b[0m');
});

test.each([
  ['default colours', '\x1b[31;41m', '\x1b[39;49m'],
  ['a default underline colour', '\x1b[58:2::9:9:9m', '\x1b[59m'],
  ['a reset', '\x1b[1;3;4:3;9m', '\x1b[0m'],
  ['an empty reset', '\x1b[38;5;9m', '\x1b[m'],
])('%s end what was set', async (_what, set, unset) => {
  expect((await completed([`${set}a${unset}b`, 'c']))[1]).toBe('c');
});

test('line drawing becomes the characters that a terminal draws, across lines', async () => {
  expect(await completed(['\x0elqk', 'x\x0fx', 'mqj\x0e', '\x0f'])).toEqual([
    '┌─┐',
    '│x',
    'mqj',
    '',
  ]);
});

test('nothing but styles and text is left', async () => {
  const hyperlink = '\x1b]8;;http://x\x1b\\link\x1b]8;;\x07';
  expect(await completed([`a\x07\x9b\x7f${hyperlink}\x1b[2J\tb`])).toEqual(['alink[2Jb']);
});

test('many lines are completed in slices, the same as at once', async () => {
  const slices = new CountedSlices();
  const lines = Array.from({ length: 40 }, (_, n) => `\x1b[38;5;${n}mline`);
  expect(await completeLines(lines, slices)).toEqual(
    await completeLines(lines, new OwnSlices(() => 0)),
  );
  expect(slices.count).toBeGreaterThan(10);
});
