/**
 * `npm run bench`: measures Triad beside sshd + tmux on this machine, and prints a table. What it starts
 * ends with it, however it ends.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeBench } from './bench.mjs';
import { Cleanup } from './cleanup.mjs';
import { whileMemoryLasts } from './memory-guard.mjs';
import { countsOf, HELP, readOptions, UsageError } from './options.mjs';
import { describeMachine, loadNow } from './report/machine.mjs';
import { takeProfiles } from './report/profile.mjs';
import { Results } from './report/results.mjs';
import { replaceMarked, tableOf } from './report/table.mjs';
import { runBulk } from './scenes/bulk.mjs';
import { runConnect } from './scenes/connect.mjs';
import { runCrowd } from './scenes/crowd.mjs';
import { runEcho } from './scenes/echo.mjs';
import { runEndurance } from './scenes/endurance.mjs';
import { runJoin } from './scenes/join.mjs';
import { runReading } from './scenes/reading.mjs';
import { runStopped } from './scenes/stopped.mjs';
import { runSupervision } from './scenes/supervision.mjs';
import { sshdProblem } from './systems/sshd.mjs';

const PAGE = join(import.meta.dirname, '../docs/benchmarks.md');
const STATUS_USAGE = 64;
/** @type {NodeJS.Signals[]} */
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'];

/** @type {{ measures: string[], run: import('./scenes/scene.mjs').Run, isOnRequest?: boolean }[]} */
const SCENES = [
  { measures: ['echo'], run: runEcho },
  { measures: ['stopped'], run: runStopped },
  { measures: ['connect'], run: runConnect },
  { measures: ['memory', 'cpu', 'bytes', 'age', 'busy', 'frames'], run: runCrowd },
  { measures: ['bulk'], run: runBulk },
  { measures: ['join'], run: runJoin },
  { measures: ['capture', 'search'], run: runReading },
  { measures: ['ends', 'idle'], run: runSupervision },
  { measures: ['endurance'], run: runEndurance, isOnRequest: true },
];
const MEASURES = SCENES.flatMap(({ measures }) => measures);

/** @param {import('./options.mjs').Options} options @param {Cleanup} cleanup */
async function measureAll(options, cleanup) {
  const byDefault = SCENES.filter(({ isOnRequest }) => !isOnRequest);
  const chosen =
    options.only.length > 0 ? options.only : byDefault.flatMap((each) => each.measures);
  const wants = (/** @type {string} */ measure) => chosen.includes(measure);
  const counts = countsOf(options);
  const missing = options.withoutSshd ? 'it was left out' : sshdProblem();
  const bench = makeBench({ options, counts, cleanup, sshdProblem: missing, wants });
  const machine = describeMachine();
  const results = new Results();
  for (const { measures, run } of SCENES.filter((scene) => scene.measures.some(wants))) {
    await perform(measures.filter(wants), run, { bench, results });
  }
  report({ ...machine, 'load after': loadNow() }, results, bench);
}

/**
 * @param {string[]} measures @param {import('./scenes/scene.mjs').Run} run
 * @param {{ bench: import('./bench.mjs').Bench, results: Results }} parts
 */
async function perform(measures, run, { bench, results }) {
  const cleanup = bench.cleanup.open();
  try {
    await whileMemoryLasts(() => run(bench, cleanup, results));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    bench.say(`${measures.join(', ')}: ${reason}`);
    results.miss({ measure: measures.join(', '), condition: 'all of it', reason });
  } finally {
    await cleanup.close();
  }
  if (bench.profiles === undefined) return;
  for (const profile of takeProfiles(bench.profiles)) {
    process.stderr.write(`self time of a Triad process in ${measures.join(', ')}:\n${profile}`);
  }
}

/** @param {Record<string, string>} machine @param {Results} results @param {import('./bench.mjs').Bench} bench */
function report(machine, { rows }, { options: { json, write }, sshdProblem: problem }) {
  const facts = Object.entries(machine).map(([name, value]) => `${name} ${value}`);
  const sshd = problem === undefined ? '' : `sshd was not measured: ${problem}.\n\n`;
  const text = `${facts.join('; ')}.\n\n${sshd}${tableOf(rows)}`;
  process.stdout.write(text);
  if (write) writeFileSync(PAGE, replaceMarked(readFileSync(PAGE, 'utf8'), text));
  if (json === undefined) return;
  writeFileSync(json, `${JSON.stringify({ machine, sshdProblem: problem, rows }, null, 2)}\n`);
}

/** @returns {Promise<NodeJS.Signals>} one that asks this program to end */
function signalled() {
  return new Promise((resolve) => {
    for (const signal of SIGNALS) process.once(signal, () => resolve(signal));
  });
}

/** @param {import('./options.mjs').Options} options */
async function main(options) {
  const cleanup = new Cleanup();
  const ended = measureAll(options, cleanup);
  // What is under way when a signal comes fails when its things are ended.
  ended.catch(() => {});
  const signal = await Promise.race([ended, signalled()]).finally(() => cleanup.close());
  if (signal === undefined) return;
  // The signal ends the program as if it had not been caught: timers may still run.
  for (const each of SIGNALS) process.removeAllListeners(each);
  process.kill(process.pid, signal);
}

try {
  const options = readOptions(process.argv.slice(2), MEASURES);
  if (options.help) process.stdout.write(HELP.replace('NAMES', MEASURES.join(', ')));
  else await main(options);
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  process.stderr.write(`bench: error: ${error.message}\n`);
  process.exitCode = STATUS_USAGE;
}
