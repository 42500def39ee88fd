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

/** What is in a file of public keys. */
export interface PublicKeys {
  /** At least one. */
  readonly keys: readonly PublicKey[];
  /** Why lines give no key, each with its number: `line 2: …`. */
  readonly badLines: readonly string[];
}

/**
 * The keys of a `.pub` file, or of several one after the other; each once. Their comments do not
 * matter, since a grant names its engineer; options in front are refused, since a grant has its own. A line that
 * cannot be used costs only itself.
 */
export function parsePublicKeyFile(text: string): PublicKeys | Problem {
  if (text.length > MAX_CHARACTERS) {
    return { problem: `a file of public keys must have at most ${MAX_CHARACTERS} characters` };
  }
  const foreign = foreignFormProblem(text.trimStart());
  if (foreign !== undefined) return { problem: foreign };
  const keys = new Map<string, PublicKey>();
  const badLines: string[] = [];
  for (const [index, line] of text.split('\n').entries()) {
    if (/^\s*(?:#|$)/.test(line)) continue;
    const key = parseKeyLine(line.trim());
    if ('problem' in key) badLines.push(`line ${index + 1}: ${key.problem}`);
    else keys.set(key.fingerprint, key);
    if (keys.size + badLines.length > MAX_KEYS) {
      return { problem: `at most ${MAX_KEYS} keys can be given at once` };
    }
  }
  if (keys.size > 0) return { keys: [...keys.values()], badLines };
  return { problem: badLines[0] ?? 'there is no public key in it' };
}

function parseKeyLine(line: string): PublicKey | Problem {
  const [type = '', base64 = ''] = line.split(/[ \t]+/, 2);
  if (!looksLikeKeyType(type)) {
    return { problem: `a public key must begin with its type, got "${visible(type, 32)}"` };
  }
  return parsePublicKey(type, base64);
}
