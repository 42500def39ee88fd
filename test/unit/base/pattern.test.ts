import { expect, test } from 'vitest';
import { compilePattern } from '../../../src/base/pattern.js';

function compiled(source: string) {
  const pattern = compilePattern(source);
  if ('problem' in pattern) throw new Error(pattern.problem);
  return pattern;
}

test('a pattern is found anywhere in a text, and knows how it was written', () => {
  const pattern = compiled('(?i)out of\\s+memory$');
  expect(pattern.source).toBe('(?i)out of\\s+memory$');
  expect(['x OUT OF memory', 'out of memory!'].map((text) => pattern.matches(text))).toEqual([
    true,
    false,
  ]);
});

test('a text made to keep a backtracking engine busy costs nothing', () => {
  // With a JavaScript expression this takes longer than the universe is old.
  expect(compiled('^(a+)+$').matches(`${'a'.repeat(4_000)}!`)).toBe(false);
});

test.each(['(', '[z-a]', '(?=x)', 'a{5,1}', '\\1'])(
  '%s is none, and the reason is told',
  (source) => {
    expect(compilePattern(source)).toMatchObject({
      problem: expect.stringMatching(/^must be a regular expression of RE2: ./) as string,
    });
  },
);
