import { createRequire } from 'node:module';
import type * as Re2 from 're2js';
import { messageOf, type Problem } from './errors.js';
import { z } from './schema.js';

const require = createRequire(import.meta.url);
const MAX_PATTERN = 1024;

/**
 * A regular expression of somebody's, in the syntax of RE2: it takes time in proportion to the text,
 * whatever the text is. A JavaScript one could stop the process for minutes.
 */
export interface Pattern {
  /** The pattern as it was written. */
  readonly source: string;
  /** Whether the pattern matches anywhere in `text`. */
  matches(text: string): boolean;
}

export function compilePattern(source: string): Pattern | Problem {
  try {
    // The library is read for the first pattern only: that takes a tenth of a second, and most
    // verbs need none.
    const { RE2JS } = require('re2js') as typeof Re2;
    const compiled = RE2JS.compile(source);
    return { source, matches: (text) => compiled.test(text) };
  } catch (error) {
    return { problem: `must be a regular expression of RE2: ${messageOf(error)}` };
  }
}

/** A regular expression in a configuration. */
export const pattern = z
  .string()
  .min(1)
  .max(MAX_PATTERN)
  .transform((source, context): Pattern => {
    const compiled = compilePattern(source);
    if (!('problem' in compiled)) return compiled;
    context.addIssue({ code: 'custom', message: compiled.problem });
    return z.NEVER;
  });
