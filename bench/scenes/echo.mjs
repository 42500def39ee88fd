import { typeInTurns } from '../clients/turns.mjs';
import { atMostOf, bySshd } from '../report/results.mjs';
import { quantileOf, spreadOf } from '../statistics.mjs';
import { pause } from '../waiting.mjs';
import { openSshd, openTriad } from './side.mjs';

const IDLE_MS = 2000;

/** A driver's keystrokes while nobody else is there. @type {import('./scene.mjs').Run} */
export async function runEcho(bench, cleanup, results) {
  const forms = /** @type {const} */ (['one process', 'two processes']);
  const sides = [];
  for (const form of forms) sides.push(await openTriad(bench, cleanup, form));
  const sshd = await openSshd(bench, cleanup);
  const seen = await measure(sshd === undefined ? sides : [...sides, sshd], bench);
  const reference = sshd === undefined ? undefined : seen.at(-1);
  for (const [place, form] of forms.entries()) {
    const triad = seen[place];
    if (triad !== undefined) report(form, { triad, reference, results });
  }
}

/**
 * @typedef {{ echoMs: number[][], cpuMs: number[] }} Typed by round: each echo; CPU per keystroke
 * @param {readonly import('./side.mjs').Side[]} sides
 * @param {import('../bench.mjs').Bench} bench
 */
async function measure(sides, { options, counts, say }) {
  /** @type {Typed[]} */
  const seen = sides.map(() => ({ echoMs: [], cpuMs: [] }));
  const drivers = sides.map(({ driver }) => driver);
  const idle = await measureIdle(sides);
  for (let round = 1; round <= options.rounds; round += 1) {
    say(`echo: round ${round} of ${options.rounds}`);
    const startedAt = performance.now();
    const before = sides.map(({ system }) => system.cpuMs());
    const echoes = await typeInTurns(drivers, counts.keystrokes);
    const elapsedMs = performance.now() - startedAt;
    for (const [place, { system }] of sides.entries()) {
      const used = system.cpuMs() - (before[place] ?? 0) - (idle[place] ?? 0) * elapsedMs;
      seen[place]?.cpuMs.push(used / counts.keystrokes);
      seen[place]?.echoMs.push(echoes[place] ?? []);
    }
  }
  return seen;
}

/** CPU ms per ms of doing nothing. @param {readonly import('./side.mjs').Side[]} sides */
async function measureIdle(sides) {
  const before = sides.map(({ system }) => system.cpuMs());
  await pause(IDLE_MS);
  return sides.map(({ system }, place) => (system.cpuMs() - (before[place] ?? 0)) / IDLE_MS);
}

/**
 * @param {string} form
 * @param {{ triad: Typed, reference: Typed | undefined, results: import('../report/results.mjs').Results }} parts
 */
function report(form, { triad, reference, results }) {
  const kinds = [
    ['median', (/** @type {Typed} */ { echoMs }) => quantileOf(echoMs, 0.5)],
    ['p99', (/** @type {Typed} */ { echoMs }) => quantileOf(echoMs, 0.99)],
    ['CPU per keystroke', (/** @type {Typed} */ { cpuMs }) => spreadOf(cpuMs)],
  ];
  for (const [
    kind,
    take,
  ] of /** @type {[string, (typed: Typed) => import('../statistics.mjs').Spread][]} */ (kinds)) {
    const own = take(triad);
    const theirs = reference === undefined ? undefined : take(reference);
    const ownOthers = { ...bySshd(theirs), aim: atMostOf(1.2, own, theirs) };
    results.add({
      measure: 'echo',
      condition: `${form}, ${kind}`,
      unit: 'ms',
      triad: own,
      ...ownOthers,
    });
  }
}
