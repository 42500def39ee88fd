import { expect, test } from 'vitest';
import type { TerminalSize } from '../../../../src/base/terminal-size.js';
import { AnswerTerminal } from '../../../../src/gateway/commands/answer-terminal.js';

const screen = (text: string) => ({ kind: 'screen', text }) as const;

test('screens are painted in place on the alternate screen, which is left once at the end', () => {
  const terminal = new AnswerTerminal(() => ({ cols: 80, rows: 24 }));
  const first = terminal.textOf(screen('one\ntwo\n'));
  expect(first).toBe('\x1b[?1049h\x1b[?25l\x1b[?7l\x1b[Hone\x1b[K\r\ntwo\x1b[K\x1b[J');
  expect(terminal.textOf(screen('three\n'))).toBe('\x1b[Hthree\x1b[K\x1b[J');
  expect(terminal.leave()).toBe('\x1b[?7h\x1b[?25h\x1b[?1049l');
  expect(terminal.leave()).toBe('');
});

test('a sentence in between is seen: the alternate screen is left for it', () => {
  const terminal = new AnswerTerminal(() => ({ cols: 80, rows: 24 }));
  terminal.textOf(screen('one\n'));
  expect(terminal.textOf({ kind: 'note', text: 'triad: gone\n' })).toBe(
    '\x1b[?7h\x1b[?25h\x1b[?1049ltriad: gone\n',
  );
  expect(terminal.textOf(screen('two\n'))).toContain('\x1b[?1049h');
});

test('a screen of more lines than the terminal has ends by saying so', () => {
  let size: TerminalSize = { cols: 80, rows: 3 };
  const terminal = new AnswerTerminal(() => size);
  expect(terminal.textOf(screen('1\n2\n3\n'))).toContain('3');
  expect(terminal.textOf(screen('1\n2\n3\n4\n'))).toMatch(
    /2\x1b\[K\r\n… 2 more lines\x1b\[K\x1b\[J$/,
  );
  size = { cols: 80, rows: 4 };
  expect(terminal.textOf(screen('1\n2\n3\n4\n'))).toContain('4');
});

test('without a terminal screens follow each other, and nothing is to be restored', () => {
  const terminal = new AnswerTerminal(() => undefined);
  expect(terminal.textOf(screen('one\n')) + terminal.textOf(screen('two\n'))).toBe(
    'one\n\ntwo\n\n',
  );
  expect(terminal.leave()).toBe('');
});
