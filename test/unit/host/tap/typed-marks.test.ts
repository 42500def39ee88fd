import { expect, test } from 'vitest';
import { TappedOutput } from '../../../../src/host/tap/tapped-output.js';
import { FakeClock } from '../../../helpers/fake-clock.js';

const SETTLE_MS = 2_000;

function open() {
  const clock = new FakeClock();
  const output = new TappedOutput({ clock });
  const lines: string[] = [];
  output.onLine(({ printed }) => lines.push(printed));
  const type = (text: string, round = 1) => output.type(Buffer.from(text), round);
  const put = (text: string) => output.append(Buffer.from(text));
  /** Typed where the terminal shows it at once. */
  const echo = (text: string) => {
    for (const key of text) {
      type(key);
      put(key === '\r' ? '\r\n' : key);
    }
  };
  const told = () => {
    clock.pass(100);
    return lines;
  };
  return { clock, output, type, put, echo, told };
}

test('of a prompt what stood before the first key is kept, and the next one after Enter', () => {
  const { output, put, echo, told } = open();
  put('$ ');
  expect(output.lastPrinted).toBe('$ ');
  echo('secret');
  expect([output.lastLine, output.lastPrinted]).toEqual(['$ ', '$ ']);
  echo('\r');
  put('Next? ');
  expect(output.lastPrinted).toBe('Next? ');
  expect(told()).toEqual(['$ ']);
});

test('a program that draws its line anew on each key gives nothing away', () => {
  const { output, put, type } = open();
  put('name: ');
  for (const typed of ['s', 'se', 'sec']) {
    type(typed.slice(-1));
    put(`\r\x1b[Kname: ${typed}`);
  }
  expect(output.lastPrinted).toBe('name: ');
});

test.each([
  ['half a line, shown again behind the prompt', 'sec', 'sec\r\n$ sec'],
  ['half a line after a whole one', 'y\rsec', 'y\r\nNext? sec'],
  ['two lines at once', 'y\rsecret\r', 'y\r\nNext? secret'],
  ['a paste in brackets', '\x1b[200~sec\r\x1b[201~', 'sec\r\n> sec'],
  ['what is drawn on another row', 'sec\r', 'sec\r\n\x1b[2;1Hbox: sec'],
  ['what is drawn after scrolling', 'sec\r', 'sec\r\n\x1bMbox: sec'],
])('%s is not kept', (_what, typed, shown) => {
  const { output, put, type } = open();
  put('working\r\n');
  type(typed);
  put(shown);
  expect(output.lastLine).toContain('sec');
  expect(output.lastPrinted).toBe('');
});

test('a title that a shell makes of a command is no text', () => {
  const { output, put, echo } = open();
  put('$ ');
  echo('secret\r');
  put('\x1bksecret\x1b\\\x1b]0;secret\x07Go on? ');
  expect([output.lastLine, output.lastPrinted]).toEqual(['Go on? ', 'Go on? ']);
});

test('lines that may show what was typed ahead are not kept until a prompt has stood', () => {
  const { clock, put, type, told } = open();
  put('one\r\n');
  type('secret\r');
  put('secret\r\ntwo\r\n$ ');
  expect(told()).toEqual(['one', '', '']);
  clock.pass(SETTLE_MS);
  type('ls\r');
  put('ls\r\nfile\r\n$ ');
  expect(told().slice(3)).toEqual(['', '']);
  clock.pass(SETTLE_MS);
  put('\r\nnews\r\nmore\r\n');
  expect(told().slice(5)).toEqual(['', 'news', 'more']);
});

test('what went to other panes takes nothing away', () => {
  const { output, put, type, told } = open();
  put('one\r\n');
  type('sec', 7);
  put('two\r\nGo on? ');
  expect([told(), output.lastPrinted]).toEqual([['one', ''], '']);
  output.forgetTyped(7);
  put('\r\nthree\r\n');
  expect(told()).toEqual(['one', '', 'Go on? ', 'three']);
});

test('of a run that was found nothing is kept until Enter, and of the next run all', () => {
  const { output, put, type } = open();
  output.recall({ lines: ['name: sec'], isOpen: true, printed: 'name:', shown: [] });
  expect([output.lastLine, output.lastPrinted]).toEqual(['name: sec', 'name:']);
  put('\r\x1b[Kname: secr');
  expect(output.lastPrinted).toBe('');
  type('\r');
  put('\r\nGo on? ');
  expect(output.lastPrinted).toBe('Go on? ');
  output.recall(undefined);
  put('\r\n\x1b[HWell? ');
  expect(output.lastPrinted).toBe('Well? ');
});

test('a line with more keys than are remembered gives nothing away', () => {
  const { output, put, echo } = open();
  put('name: ');
  echo('s'.repeat(600));
  expect([output.lastLine, output.lastPrinted]).toEqual(['', '']);
});

test('the echo of keys is no line of a silent program, and what that prints of them is', () => {
  const { output, put, type, echo } = open();
  echo('Continue? ');
  expect([output.lastLine, output.isLineOpen]).toEqual(['', false]);
  type('\x03');
  put('^C');
  expect(output.lastLine).toBe('');
  echo('\r');
  expect(output.lastLine).toBe('');
  put('Continue? \r\n');
  echo('n');
  expect([output.lastLine, output.isLineOpen]).toEqual(['Continue? ', false]);
});

test('a prompt that was answered is no line of the program any more, whether or not the answer shows', () => {
  const { output, put, type, echo } = open();
  put('Name: ');
  expect(output.lastLine).toBe('Name: ');
  echo('dora\r\n');
  expect([output.lastLine, output.lastPrinted, output.isLineOpen]).toEqual(['', '', false]);
  put('Password: ');
  expect(output.lastLine).toBe('Password: ');
  type('secret\r');
  put('\r\n');
  expect([output.lastLine, output.lastPrinted, output.isLineOpen]).toEqual(['', '', false]);
  put('Welcome.\r\n');
  expect(output.lastLine).toBe('Welcome.');
});

test.each([
  ['behind its echo', 'y', 'yReally? '],
  ['elsewhere on the screen', 'y', '\x1b[5;3H? '],
  ['over it', 'yes', 'yes\r\x1b[KReally? '],
])('what a program prints after a key %s is a line of its own', (_where, typed, shown) => {
  const { output, put, type } = open();
  type(typed);
  put(shown);
  expect([output.lastLine.at(-2), output.isLineOpen]).toEqual(['?', true]);
});

test('a prompt that comes when a run was found is its line, whatever is typed behind it', () => {
  const { output, put, echo } = open();
  output.recall({ lines: [], isOpen: false, printed: '', shown: [] });
  put('Go on? ');
  expect([output.lastLine, output.isLineOpen]).toEqual(['Go on? ', true]);
  echo('secret');
  expect([output.lastLine, output.isLineOpen]).toEqual(['Go on? ', true]);
});
