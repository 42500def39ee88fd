import { Terminal } from '../clients/terminal.mjs';
import { END_OF_SCREEN } from '../panes/stage-text.mjs';
import { atMostOf, bySshd } from '../report/results.mjs';
import { spreadOf } from '../statistics.mjs';
import { openSides, present } from './side.mjs';

const LIMIT_MS = 120_000;

/**
 * How long it takes from the start of `ssh` to a whole screen. @type {import('./scene.mjs').Run}
 */
export async function runConnect(bench, cleanup, results) {
  const { connects, connectsAtOnce } = bench.counts;
  const sides = present(await openSides(bench, cleanup));
  const all = [
    { role: 'driver', atOnce: 1, rounds: connects },
    { role: 'observer', atOnce: 1, rounds: connects },
    { role: 'observer', atOnce: connectsAtOnce, rounds: bench.options.rounds },
  ];
  for (const { role, atOnce, rounds } of all) {
    bench.say(`connect: ${role}, ${atOnce} at once`);
    const keyPath = bench.scratch.path(role);
    /** @type {number[][]} */
    const ms = sides.map(() => []);
    for (let round = 0; round < rounds; round += 1) {
      for (const [place, { system }] of sides.entries()) {
        ms[place]?.push(await connectAll(system, keyPath, atOnce));
      }
    }
    const [triad, sshd] = ms.map(spreadOf);
    if (triad === undefined) return;
    const how = atOnce === 1 ? 'one at a time' : `${atOnce} at once, until all have it`;
    const compared = { ...bySshd(sshd), aim: atMostOf(0.5, triad, sshd) };
    results.add({
      measure: 'connect',
      condition: `${role}, ${how}`,
      unit: 'ms',
      triad,
      ...compared,
    });
  }
}

/**
 * @param {import('../systems/system.mjs').System} system
 * @param {string} keyPath @param {number} count
 * @returns {Promise<number>} ms until the last of them saw everything
 */
async function connectAll(system, keyPath, count) {
  const startedAt = performance.now();
  const terminals = Array.from({ length: count }, () => new Terminal(system, keyPath));
  try {
    const seen = terminals.map((terminal) => terminal.sees(END_OF_SCREEN, LIMIT_MS));
    return Math.max(...(await Promise.all(seen))) - startedAt;
  } finally {
    await Promise.all(terminals.map((terminal) => terminal.close()));
  }
}
