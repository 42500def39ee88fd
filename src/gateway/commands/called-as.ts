import { VERBS } from './table.js';

/** Commands that `triad` has beside the verbs, on the host only. */
const OWN_COMMANDS = ['init', 'up', 'host', 'gateway', 'validate', 'help', '--help'];

/**
 * Replaces the `triad` of a hint with what the reader would type where they are.
 *
 * @param program how they call verbs: `triad`, `./triad --home /srv/triad`, `ssh -p 2222 pair@192.0.2.1`.
 */
export function calledAs(text: string, program: string): string {
  const verbs = VERBS.map(({ name }) => name);
  const known = program.startsWith('ssh ') ? verbs : [...verbs, ...OWN_COMMANDS];
  const called = new RegExp(`\\btriad (?=(?:${known.join('|')})(?![\\w-]))`, 'g');
  return text.replaceAll(called, () => `${program} `);
}
