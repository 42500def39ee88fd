import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { commandText, shellWord } from '../../../src/base/shell-word.js';

test.each([
  ['plain-word_1', 'plain-word_1'],
  ['two words', "'two words'"],
  ["it's here", '"it\'s here"'],
  ['say "it\'s"', `'say "it'\\\\''s"'`],
  ["$HOME isn't", `'$HOME isn'\\\\''t'`],
])('a shell takes the written form of %s as that word', (word, written) => {
  expect(shellWord(word)).toBe(written.replaceAll('\\\\', '\\'));
  const taken = execFileSync('/bin/sh', ['-c', `printf %s ${shellWord(word)}`], {
    encoding: 'utf8',
  });
  expect(taken).toBe(word);
});

test('a text for a shell is told as it was written, a list as a shell would take it', () => {
  const text = "watch -n 5 psql -c 'select 1'";
  expect(commandText(['/bin/sh', '-c', text])).toBe(text);
  expect(commandText(['echo', 'a b'])).toBe("echo 'a b'");
  expect(commandText(['/bin/sh', '-c', 'x', 'y'])).toBe('/bin/sh -c x y');
});
