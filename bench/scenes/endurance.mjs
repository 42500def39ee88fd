import { Crowd } from '../clients/crowd.mjs';
import { atMostOf } from '../report/results.mjs';
import { spreadOf } from '../statistics.mjs';
import { pause } from '../waiting.mjs';
import { openTriad } from './side.mjs';

const SAMPLES = 10;
const SAMPLE_INTERVAL_MS = 1000;
/** What "equal" is taken to be: garbage that was not collected yet makes as much. */
const EQUAL = 1.1;
const BYTES_PER_SECOND = 2e6;

/** Whether Triad grows in a long flood that half of the observers do not read. @type {import('./scene.mjs').Run} */
export async function runEndurance(bench, cleanup, results) {
  const { observers, firstMs, lastMs } = bench.counts.endurance;
  const { system } = await openTriad(bench, cleanup, bench.options.form);
  const live = new Crowd(system, bench, cleanup);
  const stopped = new Crowd(system, bench, cleanup);
  for (const crowd of [live, stopped]) await crowd.join({ count: observers / 2 });
  stopped.stop();
  await system.stage.perform({ act: 'flood', bytesPerSecond: BYTES_PER_SECOND });
  bench.say(`endurance: ${lastMs / 1000} s of flood`);
  await pause(firstMs);
  const early = await sample(system);
  await pause(lastMs - firstMs);
  const late = await sample(system);
  const { connections } = await live.received();
  results.add({
    measure: 'endurance',
    condition: `memory after ${lastMs / 1000} s of flood, ${observers} observers, half of them stopped`,
    unit: 'MB',
    triad: late,
    other: { name: `after ${firstMs / 1000} s`, spread: early },
    aim: atMostOf(EQUAL, late, early, 'the first'),
    note: `${connections} of ${observers / 2} live ones were still there`,
  });
}

/** @param {import('../systems/system.mjs').System} system */
async function sample(system) {
  const samples = [];
  for (let count = 0; count < SAMPLES; count += 1) {
    samples.push(system.memoryBytes() / 1e6);
    await pause(SAMPLE_INTERVAL_MS);
  }
  return spreadOf(samples);
}
