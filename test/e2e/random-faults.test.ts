/**
 * What fails around the agents, in any order: files that are removed, processes that are killed, ends and
 * starts, and no descriptors. Whatever it was, the agents that it did not hit run on, none runs twice, and
 * the record is whole. A sequence that failed is repeated by its seed: TRIAD_TEST_SEED=SEED, one sequence.
 */
import { test } from 'vitest';
import { count } from '../helpers/counts.js';
import { type Fault, faultsOf } from '../helpers/faults.js';
import { Random } from '../helpers/random.js';
import { expectRecovered, pidsOf } from '../helpers/recovery.js';
import { TroubledTriad } from '../helpers/troubled-triad.js';

/** Of the run that is not long: always the same. */
const FIRST_SEED = 1;
const given = process.env['TRIAD_TEST_SEED'];
const base = Number(given ?? count(FIRST_SEED, Math.floor(Math.random() * 1_000_000)));

const sequences = Array.from({ length: count(1, 200) }, (_, index) => {
  const faults = faultsOf(new Random(base + index));
  return { title: `${base + index}: ${faults.map(({ text }) => text).join('; ')}`, faults };
});

for (const { title, faults } of sequences) {
  test(`agents, people and records outlast sequence ${title}`, async () => {
    await using triad = await TroubledTriad.make();
    try {
      await outlasts(triad, faults);
    } catch (error) {
      throw new Error(triad.report(), { cause: error });
    }
  }, 300_000);
}

async function outlasts(triad: TroubledTriad, faults: readonly Fault[]): Promise<void> {
  await triad.isWhole();
  const before = pidsOf(triad);
  for (const { inflict } of faults) {
    triad.observerTypes();
    await inflict(triad);
  }
  await triad.isWhole();
  await expectRecovered(triad, before);
}
