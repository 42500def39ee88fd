import { availableMemoryBytes } from '../processes.mjs';
import { reportCrowd } from './crowd-rows.mjs';
import { CrowdSide } from './crowd-side.mjs';
import { reportFrames } from './frame-cost.mjs';
import { openSides } from './side.mjs';

/** What an observer of sshd and tmux is known to need, with room for whoever else is on the machine. */
const SSHD_OBSERVER_BYTES = 4e6;
const SPARED_BYTES = 1e9;

/** All that a growing crowd of observers costs and sees. @type {import('./scene.mjs').Run} */
export async function runCrowd(bench, cleanup, results) {
  const opened = await openSides(bench, cleanup);
  const triad = new CrowdSide(opened.triad, bench, cleanup);
  const sshd = opened.sshd && new CrowdSide(opened.sshd, bench, cleanup);
  const levels = [...new Set([0, 1, ...bench.options.observers])];
  for (const count of levels) {
    const sides = sshd !== undefined && hasRoomFor(count) ? [triad, sshd] : [triad];
    for (const side of sides) await side.growTo(count);
    for (let round = 1; round <= bench.options.rounds; round += 1) {
      bench.say(`crowd: ${count} observers, round ${round} of ${bench.options.rounds}`);
      for (const side of sides) await side.measure();
    }
  }
  reportCrowd({ triad, sshd, levels }, bench, results);
  if (bench.wants('frames')) await reportFrames(triad, { bench, cleanup, results });
}

/** @param {number} count */
function hasRoomFor(count) {
  return count * SSHD_OBSERVER_BYTES + SPARED_BYTES < availableMemoryBytes();
}
