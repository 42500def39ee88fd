import { FloorServer } from '../floor/floor.mjs';
import { atMostOf } from '../report/results.mjs';
import { median, spreadOf } from '../statistics.mjs';

/** @typedef {import('./crowd-side.mjs').Seen} Seen */

/**
 * What a frame for one observer costs the gateway, beside what any packet of its size costs.
 *
 * @param {import('./crowd-side.mjs').CrowdSide} triad
 * @param {{ bench: import('../bench.mjs').Bench, cleanup: import('../cleanup.mjs').Cleanup, results: import('../report/results.mjs').Results }} parts
 */
export async function reportFrames(triad, { bench, cleanup, results }) {
  const count = Math.max(...bench.options.observers);
  if (count === 1) {
    const reason = 'what one more costs cannot be told with one';
    results.miss({ measure: 'frames', condition: '1 observer', reason });
    return;
  }
  const floor = new FloorServer(bench, cleanup);
  await floor.open(bench.counts.floorObservers);
  for (const act of /** @type {const} */ (['chatty', 'flooding'])) {
    const one = triad.levels.get(1)?.seen[act] ?? [];
    const all = triad.levels.get(count)?.seen[act] ?? [];
    const alone = median(one.map(({ gatewayCpuMs, seconds }) => gatewayCpuMs / seconds));
    const own = spreadOf(all.map((seen) => costUs(seen, alone, count)));
    const packetBytes = Math.round(
      median(all.map(({ bytes, frames }) => bytes / Math.max(1, frames))),
    );
    bench.say(`frames: the floor for ${packetBytes} bytes`);
    const framesPerSecond = median(all.map(({ frames, seconds }) => frames / seconds));
    const lowest = [];
    for (let round = 1; round <= bench.options.rounds; round += 1) {
      lowest.push(await floor.packetUs({ packetBytes, perSecond: framesPerSecond }));
    }
    const other = { name: 'one encrypted packet', spread: spreadOf(lowest) };
    const condition = `${count} observers, ${act}: ${framesPerSecond.toFixed(1)} frames a second of ${packetBytes} bytes`;
    const aim = atMostOf(2, own, other.spread, 'the floor');
    results.add({ measure: 'frames', condition, unit: 'µs', triad: own, other, aim });
  }
}

/**
 * The µs of each frame for each observer. @param {Seen} seen @param {number} alone ms a second with
 * one observer @param {number} count
 */
function costUs({ gatewayCpuMs, seconds, frames }, alone, count) {
  const more = gatewayCpuMs - alone * seconds;
  return (more * 1000) / (count - 1) / Math.max(1, frames);
}
