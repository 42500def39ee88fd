import { expect, test } from 'vitest';
import { TerminalAnswers } from '../../../../src/host/tmux/mirror-client.js';

const QUERIES = '\x1b[?1049h\x1b[c\x1b[>c text \x1b[>q\x1b[H';
const ANSWERS = '\x1b[?62;22c\x1b[>0;0;0c\x1bP>|triad\x1b\\';

function open() {
  let written = '';
  const answers = new TerminalAnswers((bytes) => (written += Buffer.from(bytes).toString()));
  return { read: (text: string) => answers.read(Buffer.from(text)), written: () => written };
}

test('what tmux asks at the attach is answered', () => {
  const { read, written } = open();
  read(QUERIES);
  expect(written()).toBe(ANSWERS);
});

test('each question is answered once, however it is cut', () => {
  const { read, written } = open();
  for (const character of QUERIES) read(character);
  expect(written()).toBe(ANSWERS);
});

test('nothing else is answered', () => {
  const { read, written } = open();
  read('\x1b[6n\x1b[5n\x1b]10;?\x07\x1b[?c\x1b[0;1c\x1bP+q544e\x1b\\[c>q');
  expect(written()).toBe('');
});

test('after the first 64 KiB nothing is answered any more', () => {
  const { read, written } = open();
  read(' '.repeat(64 * 1024 - 1));
  read('\x1b[c');
  expect(written()).toBe('\x1b[?62;22c');
  read('\x1b[c');
  expect(written()).toBe('\x1b[?62;22c');
});
