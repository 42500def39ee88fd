import { mkdirSync } from 'node:fs';
import { Scratch } from './scratch.mjs';

/**
 * What every scene gets.
 *
 * @typedef {object} Bench
 * @property {import('./options.mjs').Options} options
 * @property {import('./options.mjs').Counts} counts
 * @property {import('./cleanup.mjs').Cleanup} cleanup
 * @property {Scratch} scratch
 * @property {string | undefined} profiles where Triad is to leave its CPU profiles
 * @property {string | undefined} sshdProblem why there is nothing to compare with
 * @property {(text: string) => void} say tells the person what happens
 * @property {(measure: string) => boolean} wants whether a measure was asked for
 */

/**
 * @param {Pick<Bench, 'options' | 'counts' | 'cleanup' | 'sshdProblem' | 'wants'>} parts
 * @returns {Bench}
 */
export function makeBench(parts) {
  const scratch = new Scratch(parts.cleanup);
  const startedAt = performance.now();
  const profiles = parts.options.profile ? scratch.path('profiles') : undefined;
  if (profiles !== undefined) mkdirSync(profiles);
  const say = (/** @type {string} */ text) => {
    const seconds = ((performance.now() - startedAt) / 1000).toFixed(0).padStart(4);
    process.stderr.write(`bench: ${seconds} s  ${text}\n`);
  };
  return { ...parts, scratch, profiles, say };
}
