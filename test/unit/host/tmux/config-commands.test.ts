import { expect, test } from 'vitest';
import { readConfigCommands } from '../../../../src/host/tmux/config-commands.js';

/** Each command as its line and its words. */
function read(...printed: string[]): string[] {
  const rows = printed.map((row) => `/c:${row}\n`).join('');
  return readConfigCommands(rows, '/c').map(
    ({ line, words, hasBlock }) => `${line} ${words.join('|')}${hasBlock ? ' {}' : ''}`,
  );
}

test.each([
  ['words', '3: set-option -g status on', '3 set-option|-g|status|on'],
  ['double quotes', '1: set-option -g @x "a \\" ; \\\\ \\$b"', '1 set-option|-g|@x|a " ; \\ $b'],
  ['nothing in quotes', "1: set-option -ag @x ''", '1 set-option|-ag|@x|'],
  ['escapes', '1: set-option -g @x a\\nb\\tc\\033', '1 set-option|-g|@x|a\nb\tc\u001b'],
  ['a semicolon that is a word', '1: bind-key r a \\; b', '1 bind-key|r|a|;|b'],
  ['braces that are a word', '1: set-option -g @x "{"', '1 set-option|-g|@x|{'],
  ['text beyond ASCII', '1: set-option -g @x "é→"', '1 set-option|-g|@x|é→'],
])('%s are read as tmux prints them', (_what, printed, words) => {
  expect(read(printed)).toEqual([words]);
});

test('commands of one line are told apart', () => {
  expect(read('2: set-option -g a 1 ; set-option -g b 2')).toEqual([
    '2 set-option|-g|a|1',
    '2 set-option|-g|b|2',
  ]);
});

test('what is in braces is no command of the file', () => {
  expect(
    read(
      '1: set-option -g status on',
      '3: set-option -g mouse on',
      '4: display-message a',
      '5: display-message b ; display-message c',
      '5: bind-key x { display-message a ;; display-message b ; display-message c }',
      '6: kill-server',
      '6: if-shell true { set-option -g mouse on ;; bind-key x { display-message a ;; display-message b ; display-message c } } { kill-server }',
      '8: bind-key y {  }',
      '9: set-option -g mouse off',
    ),
  ).toEqual([
    '1 set-option|-g|status|on',
    '6 if-shell|true {}',
    '8 bind-key|y {}',
    '9 set-option|-g|mouse|off',
  ]);
});

test('what is not printed for this file is left out', () => {
  expect(readConfigCommands('/d:1: kill-server\n/c: no line\n\n/c:x: y\n', '/c')).toEqual([]);
});
