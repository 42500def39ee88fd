import { Crowd } from '../clients/crowd.mjs';
import { atMostOf, bySshd } from '../report/results.mjs';
import { spreadOf } from '../statistics.mjs';
import { openSides, present } from './side.mjs';

/** Longest that a pane writes; the time for the rest is reckoned from what it has written. */
const LIMIT_MS = 30_000;
/** Observers slow sshd's session down many times, or grow tmux by gigabytes: it gets this part of the bytes. */
const SSHD_PART = 0.05;
const MAX_SLOWER = 1.05;

/** How long a pane takes to write a lot. @type {import('./scene.mjs').Run} */
export async function runBulk(bench, cleanup, results) {
  const sides = present(await openSides(bench, cleanup));
  /** The seconds of each round, by side and condition. */
  const taken = sides.map(() => ({ nobody: [], live: [], stopped: [] }));
  for (let round = 1; round <= bench.options.rounds; round += 1) {
    bench.say(`bulk: round ${round} of ${bench.options.rounds}`);
    for (const [place, side] of sides.entries()) {
      const part = place === 0 ? 1 : SSHD_PART;
      const took = await measure(side, { bench, cleanup, part });
      for (const [condition, seconds] of Object.entries(took)) {
        const rounds = /** @type {Record<string, number[]>} */ (taken[place] ?? {});
        rounds[condition]?.push(seconds);
      }
    }
  }
  report(taken, bench, results);
}

/**
 * @param {import('./side.mjs').Side} side
 * @param {{ bench: import('../bench.mjs').Bench, cleanup: import('../cleanup.mjs').Cleanup, part: number }} parts
 */
async function measure(side, { bench, cleanup, part }) {
  const { bulkBytes, bulkObservers } = bench.counts;
  /** @param {number} bytes */
  const write = async (bytes) => {
    const { bytes: written, elapsedMs } = await side.system.stage.bulk(bytes, LIMIT_MS);
    await side.calm();
    return ((elapsedMs / 1000) * bulkBytes) / written;
  };
  const nobody = await write(bulkBytes);
  const crowd = new Crowd(side.system, bench, cleanup);
  await crowd.join({ count: bulkObservers });
  const live = await write(bulkBytes * part);
  crowd.stop();
  const stopped = await write(bulkBytes * part);
  await crowd.close();
  return { nobody, live, stopped };
}

/** @param {readonly Record<string, number[]>[]} taken @param {import('../bench.mjs').Bench} bench @param {import('../report/results.mjs').Results} results */
function report([own = {}, theirs], { counts }, results) {
  const amount = `${(counts.bulkBytes / 1e6).toFixed(0)} MB`;
  const nobody = spreadOf(own['nobody'] ?? []);
  for (const condition of ['nobody', 'live', 'stopped']) {
    const triad = spreadOf(own[condition] ?? []);
    const sshd = theirs && spreadOf(theirs[condition] ?? []);
    const who = condition === 'nobody' ? condition : `${counts.bulkObservers} ${condition}`;
    const aim =
      condition === 'nobody' ? {} : { aim: atMostOf(MAX_SLOWER, triad, nobody, 'nobody') };
    const isPart = condition !== 'nobody' && sshd !== undefined;
    const note = isPart ? { note: `sshd's reckoned from ${SSHD_PART * 100} %` } : {};
    const compared = { ...bySshd(sshd), ...aim, ...note };
    results.add({ measure: 'bulk', condition: `${amount}, ${who}`, unit: 's', triad, ...compared });
  }
}
