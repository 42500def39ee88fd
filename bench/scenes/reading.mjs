import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { promisify } from 'node:util';
import { sshArguments, Terminal } from '../clients/terminal.mjs';
import { typeWhile } from '../clients/turns.mjs';
import { atMost, atMostOf } from '../report/results.mjs';
import { spreadOf } from '../statistics.mjs';
import { openTriad } from './side.mjs';

const NOWHERE = 'nowhere to be found';
/** Leaves the history, not the session. */
const ESCAPE = '\x1b';
const SEARCH_LIMIT_MS = 300_000;
const MAX_ECHO_MS = 20;
const run = promisify(execFile);

/**
 * How long it takes to read a long scrollback back, beside what tmux itself needs for it, and how long a driver's
 * keystroke waits at most meanwhile.
 *
 * @type {import('./scene.mjs').Run}
 */
export async function runReading(bench, cleanup, results) {
  const side = await openTriad(bench, cleanup, bench.options.form);
  const { capture: captured, search: searched } = bench.counts.scrollback;
  const reader = { side, bench, cleanup, results };
  let printed = 0;
  const print = async (/** @type {number} */ lines) => {
    await side.system.stage.perform({ act: 'lines', count: lines - printed });
    await side.driver.echo();
    printed = lines;
  };
  if (bench.wants('capture')) {
    await print(captured);
    await report(reader, `capture --all, ${captured} lines`, {
      ...{ measure: 'capture', most: 4, name: "tmux's own" },
      own: () => captureBySsh(reader),
      theirs: () => tmux(side, ['capture-pane', '-p', '-t', ':.1', '-S', '-']),
    });
  }
  if (!bench.wants('search')) return;
  await print(searched);
  const observer = await Observer.open(reader);
  await report(reader, `an observer's search, ${searched} lines`, {
    ...{ measure: 'search', most: 2, name: "copy mode's" },
    own: () => observer.search(),
    theirs: async () => {
      const search = ['send-keys', '-t', ':.1', '-X', 'search-backward', NOWHERE];
      await tmux(side, ['copy-mode', '-t', ':.1', ';', ...search]);
      await tmux(side, ['send-keys', '-t', ':.1', '-X', 'cancel']);
    },
  });
}

/**
 * @typedef {object} Reader
 * @property {import('./side.mjs').Side} side
 * @property {import('../bench.mjs').Bench} bench
 * @property {import('../cleanup.mjs').Cleanup} cleanup
 * @property {import('../report/results.mjs').Results} results
 *
 * @param {Reader} reader @param {string} condition
 * @param {{ measure: string, most: number, name: string, own: () => Promise<void>, theirs: () => Promise<void> }} parts
 */
async function report({ side, bench, results }, condition, parts) {
  const { measure, most, name, own, theirs } = parts;
  /** @type {{ own: number[], theirs: number[], echo: number[], calm: number[] }} */
  const seen = { own: [], theirs: [], echo: [], calm: [] };
  for (let round = 1; round <= bench.options.rounds; round += 1) {
    bench.say(`${measure}: round ${round} of ${bench.options.rounds}`);
    seen.theirs.push(await seconds(theirs));
    let isReading = true;
    const reading = seconds(own).finally(() => {
      isReading = false;
    });
    const [echoMs, took] = await Promise.all([typeWhile(side.driver, () => isReading), reading]);
    seen.own.push(took);
    seen.echo.push(Math.max(...echoMs));
    seen.calm.push(Math.max(...(await typeWhile(side.driver, (typed) => typed < echoMs.length))));
  }
  const triad = spreadOf(seen.own);
  const other = { name: name.replace("'s", ''), spread: spreadOf(seen.theirs) };
  const aim = atMostOf(most, triad, other.spread, name);
  results.add({ measure, condition, unit: 's', triad, other, aim });
  const longest = spreadOf(seen.echo);
  const calm = { name: 'nobody reads', spread: spreadOf(seen.calm) };
  const later = { ...longest, value: longest.value - calm.spread.value };
  results.add({
    ...{ measure, condition: `${condition}: the driver's longest echo`, unit: 'ms' },
    ...{ triad: longest, other: calm },
    aim: { ...atMost(MAX_ECHO_MS, 'ms', later), text: `≤ ${MAX_ECHO_MS} ms more` },
  });
}

/** @param {() => Promise<void>} work */
async function seconds(work) {
  const startedAt = performance.now();
  await work();
  return (performance.now() - startedAt) / 1000;
}

/** @param {import('./side.mjs').Side} side @param {readonly string[]} args */
async function tmux({ system }, args) {
  await run('tmux', ['-N', '-S', system.tmuxSocket, ...args], { maxBuffer: 2 ** 30 });
}

/** @param {Reader} reader */
async function captureBySsh({ side, bench }) {
  const args = [
    ...sshArguments(side.system, bench.scratch.path('observer')),
    'capture stage --all',
  ];
  const client = spawn('ssh', ['-T', ...args], { stdio: ['ignore', 'pipe', 'ignore'] });
  client.stdout.resume();
  const [status] = await once(client, 'close');
  if (status !== 0) throw new Error(`capture ended with ${status}`);
}

/** Somebody who watches the stage alone, and searches its history. */
class Observer {
  #terminal;

  /** @param {Terminal} terminal */
  constructor(terminal) {
    this.#terminal = terminal;
  }

  /** @param {Reader} reader */
  static async open({ side, bench, cleanup }) {
    const terminal = new Terminal(side.system, bench.scratch.path('observer'));
    cleanup.defer(() => terminal.close());
    await terminal.sees('watching', SEARCH_LIMIT_MS);
    const chosen = terminal.sees('stage', SEARCH_LIMIT_MS);
    terminal.write('2');
    await chosen;
    return new Observer(terminal);
  }

  /** Searches from the newest line to the oldest. */
  async search() {
    const done = this.#terminal.sees('not found', SEARCH_LIMIT_MS);
    this.#terminal.write(`/${NOWHERE}\r`);
    await done;
    const live = this.#terminal.sees('watching', SEARCH_LIMIT_MS);
    this.#terminal.write(ESCAPE);
    await live;
  }
}
