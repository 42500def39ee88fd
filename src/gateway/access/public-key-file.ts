import type { Problem } from '../../base/errors.js';
import { visible } from '../../base/visible.js';
import {
  foreignFormProblem,
  looksLikeKeyType,
  type PublicKey,
  parsePublicKey,
} from './public-key.js';

/** One person's keys: more than anybody has, few enough to read. */
const MAX_KEYS = 100;
const MAX_CHARACTERS = 256 * 1024;

/**
 * The keys of a `.pub` file, or of several one after the other; each once. Their comments do not
 * matter, since a grant names its engineer; options in front are refused, since a grant has its own.
 */
export function parsePublicKeyFile(text: string): readonly PublicKey[] | Problem {
  if (text.length > MAX_CHARACTERS) {
    return { problem: `a file of public keys must have at most ${MAX_CHARACTERS} characters` };
  }
  const foreign = foreignFormProblem(text.trimStart());
  if (foreign !== undefined) return { problem: foreign };
  const keys = new Map<string, PublicKey>();
  for (const [index, line] of text.split('\n').entries()) {
    if (/^\s*(?:#|$)/.test(line)) continue;
    const key = parseKeyLine(line.trim());
    if ('problem' in key) return { problem: `line ${index + 1}: ${key.problem}` };
    keys.set(key.fingerprint, key);
    if (keys.size > MAX_KEYS) return { problem: `at most ${MAX_KEYS} keys can be given at once` };
  }
  return keys.size === 0 ? { problem: 'there is no public key in it' } : [...keys.values()];
}

function parseKeyLine(line: string): PublicKey | Problem {
  const [type = '', base64 = ''] = line.split(/[ \t]+/, 2);
  if (!looksLikeKeyType(type)) {
    return { problem: `a public key must begin with its type, got "${visible(type, 32)}"` };
  }
  return parsePublicKey(type, base64);
}
