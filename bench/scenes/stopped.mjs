import { Crowd } from '../clients/crowd.mjs';
import { typeInTurns } from '../clients/turns.mjs';
import { atMostOf, bySshd } from '../report/results.mjs';
import { quantileOf } from '../statistics.mjs';
import { openSides, present } from './side.mjs';

/** What "no difference" is taken to be: rounds of the same thing differ by as much. */
const NO_DIFFERENCE = 1.1;
const LINES_PER_SECOND = 50;
/** tmux would keep tens of megabytes a second for clients that do not read. */
const SSHD_LINES_PER_SECOND = 2;

/** A driver's keystrokes in a busy session while observers do not read. @type {import('./scene.mjs').Run} */
export async function runStopped(bench, cleanup, results) {
  const sides = await openSides(bench, cleanup);
  const crowds = present(sides).map(({ system }) => new Crowd(system, bench, cleanup));
  const drivers = present(sides).map(({ driver }) => driver);
  /** @type {import('../statistics.mjs').Spread | undefined} */
  let withNobody;
  let joined = 0;
  for (const count of bench.counts.stopped) {
    bench.say(`echo: ${count} stopped observers`);
    for (const crowd of crowds) {
      crowd.resume();
      await crowd.join({ count: count - joined });
      crowd.stop();
    }
    joined = count;
    const [triadMs = [], sshdMs] = await measure(present(sides), drivers, bench);
    const triad = quantileOf(triadMs, 0.5);
    withNobody ??= triad;
    const sshd = sshdMs === undefined ? undefined : quantileOf(sshdMs, 0.5);
    const condition = `${count} stopped observers, median`;
    const note = sshd && "sshd's session nearly quiet";
    const aim = atMostOf(NO_DIFFERENCE, triad, withNobody, 'nobody stopped');
    const compared = { ...bySshd(sshd), ...(note === undefined ? {} : { note }), aim };
    results.add({ measure: 'stopped', condition, unit: 'ms', triad, ...compared });
  }
}

/**
 * @param {readonly import('./side.mjs').Side[]} sides
 * @param {readonly import('../clients/driver.mjs').Driver[]} drivers
 * @param {import('../bench.mjs').Bench} bench
 * @returns {Promise<number[][][]>} echoes by side and round
 */
async function measure(sides, drivers, { counts, options }) {
  for (const [place, { system }] of sides.entries()) {
    const linesPerSecond = place === 0 ? LINES_PER_SECOND : SSHD_LINES_PER_SECOND;
    await system.stage.perform({ act: 'steady', linesPerSecond });
  }
  /** @type {number[][][]} */
  const rounds = [];
  for (let round = 1; round <= options.rounds; round += 1) {
    rounds.push(await typeInTurns(drivers, counts.keystrokes / 2));
  }
  for (const side of sides) await side.calm();
  return sides.map((_, place) => rounds.map((echoes) => echoes[place] ?? []));
}
