import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';

const SHOWN = 20;
const US_PER_MS = 1000;

/**
 * The part of a V8 CPU profile that is read here.
 *
 * @typedef {object} Profile
 * @property {{ id: number, callFrame: { functionName: string, url: string, lineNumber: number } }[]} nodes
 * @property {number[]} samples the node that ran at each sample
 * @property {number[]} timeDeltas in µs, before each sample
 */

/** Where the programs that left their profiles in `folder` spent their time; forgets the profiles. @param {string} folder */
export function takeProfiles(folder) {
  return readdirSync(folder).map((name) => {
    const path = join(folder, name);
    /** @type {Profile} */
    const profile = JSON.parse(readFileSync(path, 'utf8'));
    rmSync(path);
    return describe(profile);
  });
}

/** @param {Profile} profile */
function describe({ nodes, samples, timeDeltas }) {
  const names = new Map(nodes.map(({ id, callFrame }) => [id, nameOf(callFrame)]));
  /** @type {Map<string, number>} */
  const selfMs = new Map();
  for (const [place, node] of samples.entries()) {
    const name = names.get(node) ?? '';
    selfMs.set(name, (selfMs.get(name) ?? 0) + (timeDeltas[place] ?? 0) / US_PER_MS);
  }
  const busy = [...selfMs].filter(([name]) => !name.startsWith('(idle)'));
  const top = busy.toSorted(([, left], [, right]) => right - left).slice(0, SHOWN);
  return top.map(([name, ms]) => `${ms.toFixed(0).padStart(8)} ms  ${name}\n`).join('');
}

/** @param {Profile['nodes'][number]['callFrame']} frame */
function nameOf({ functionName, url, lineNumber }) {
  const name = functionName === '' ? '(anonymous)' : functionName;
  return url === '' ? name : `${name} ${basename(url)}:${lineNumber + 1}`;
}
