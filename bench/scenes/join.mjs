import { Crowd } from '../clients/crowd.mjs';
import { typeWhile } from '../clients/turns.mjs';
import { atMost, bySshd } from '../report/results.mjs';
import { spreadOf } from '../statistics.mjs';
import { openSides } from './side.mjs';

const MAX_PAUSE_MS = 50;

/** How long a driver waits at most while everybody comes at once. @type {import('./scene.mjs').Run} */
export async function runJoin(bench, cleanup, results) {
  const count = Math.max(...bench.options.observers);
  const sides = await openSides(bench, cleanup);
  const own = await joinAll(sides.triad, count, { bench, cleanup });
  const theirs = sides.sshd && (await joinAll(sides.sshd, count, { bench, cleanup }));
  const triad = spreadOf([own.longestMs]);
  const condition = `${count} observers at once: the driver's longest pause`;
  const compared = bySshd(theirs && spreadOf([theirs.longestMs]));
  const aim = atMost(MAX_PAUSE_MS, 'ms', triad);
  results.add({ measure: 'join', condition, unit: 'ms', triad, ...compared, aim });
  results.add({
    measure: 'join',
    condition: `${count} observers at once: until all see the session`,
    unit: 's',
    triad: spreadOf([own.seconds]),
    ...bySshd(theirs && spreadOf([theirs.seconds])),
  });
}

/**
 * @param {import('./side.mjs').Side} side @param {number} count
 * @param {{ bench: import('../bench.mjs').Bench, cleanup: import('../cleanup.mjs').Cleanup }} parts
 */
async function joinAll(side, count, { bench, cleanup }) {
  bench.say(`join: ${count} at once, ${side.system.name}`);
  const crowd = new Crowd(side.system, bench, cleanup);
  const startedAt = performance.now();
  let isJoining = true;
  const joined = crowd.join({ count, parallel: count }).finally(() => {
    isJoining = false;
  });
  const [echoMs] = await Promise.all([typeWhile(side.driver, () => isJoining), joined]);
  const seconds = (performance.now() - startedAt) / 1000;
  await crowd.close();
  return { longestMs: Math.max(...echoMs), seconds };
}
