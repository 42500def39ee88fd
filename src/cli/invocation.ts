import { UsageError } from '../base/errors.js';

/** What was asked of the program: for which home, and the words after it. */
export interface Invocation {
  /** `--home`, where it was given. */
  readonly home: string | undefined;
  readonly words: readonly string[];
}

/** Verbs whose words are for a pane: after the verb, `--home` is one of them. */
const FREE_TEXT = new Set(['send', 'keys']);

/**
 * Takes `--home DIR` out of the arguments; it may stand before the verb or after it.
 *
 * @throws UsageError when the directory is missing.
 */
export function readInvocation(args: readonly string[]): Invocation {
  let home: string | undefined;
  const words: string[] = [];
  const rest = [...args];
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    if (word === '--' || FREE_TEXT.has(words[0] ?? '')) {
      return { home, words: [...words, word, ...rest] };
    }
    const inline = /^--home=(.*)$/s.exec(word);
    if (word !== '--home' && inline === null) words.push(word);
    else home = requireDirectory(inline?.[1] ?? rest.shift());
  }
  return { home, words };
}

function requireDirectory(directory: string | undefined): string {
  if (directory !== undefined && directory !== '') return directory;
  throw new UsageError('--home needs a directory');
}
