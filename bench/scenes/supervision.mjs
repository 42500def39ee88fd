import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { cpuMsOf, descendantsOf } from '../processes.mjs';
import { atMost } from '../report/results.mjs';
import { quantile, spreadOf } from '../statistics.mjs';
import { Programs } from '../systems/programs.mjs';
import { Victims } from '../systems/victims.mjs';
import { pause, within } from '../waiting.mjs';

const NAMES = ['engine', 'worker', 'state'];
const PEER = join(import.meta.dirname, '../systems/polling-supervisor.mjs');
const READY_LIMIT_MS = 20_000;
/** Starting takes CPU time that is not that of an idle supervisor. */
const SETTLE_MS = 5_000;
const MAX_SEEN_MS = 50;
const MAX_IDLE_PERCENT = 0.5;

/**
 * @typedef {object} Supervisor
 * @property {string} name
 * @property {() => number[]} processes of it, without tmux and what it runs
 * @property {Victims} victims
 * @property {Map<string, number>} pids of the victims, by name
 * @property {() => Promise<number[]>} endsSeen epoch ms of each end it has seen, in order
 */

/** How soon an end is seen and mended, and what watching costs meanwhile. @type {import('./scene.mjs').Run} */
export async function runSupervision(bench, cleanup, results) {
  const own = await startTriad(bench, cleanup);
  const peer = await startPeer(bench, cleanup);
  if (bench.wants('ends')) {
    const [ours, theirs] = [await killAll(own, bench), await killAll(peer, bench)];
    for (const what of /** @type {const} */ (['seen', 'restarted'])) {
      for (const share of [0.5, 0.9, 1]) addEnds(results, { what, share, ours, theirs });
    }
  }
  if (!bench.wants('idle')) return;
  bench.say('idle: three quiet panes, nobody attached');
  await pause(SETTLE_MS);
  const triad = await idlePercent(own, bench);
  const other = { name: 'polling', spread: await idlePercent(peer, bench) };
  const aim = atMost(MAX_IDLE_PERCENT, '%', triad);
  const condition = 'supervising three quiet panes, of one core';
  results.add({ measure: 'idle', condition, unit: '%', triad, other, aim });
}

/**
 * @param {import('../report/results.mjs').Results} results
 * @param {{ what: 'seen' | 'restarted', share: number, ours: Ends, theirs: Ends }} row
 */
function addEnds(results, { what, share, ours, theirs }) {
  const triad = spreadOf([quantile(ours[what], share)]);
  const other = { name: 'polling', spread: spreadOf([quantile(theirs[what], share)]) };
  const most = { 0.5: 'median', 0.9: 'nine of ten', 1: 'the slowest' }[share];
  const condition = `from SIGKILL until ${what}: ${most} of ${ours[what].length}`;
  const aim = what === 'seen' && share === 0.9 ? { aim: atMost(MAX_SEEN_MS, 'ms', triad) } : {};
  results.add({ measure: 'ends', condition, unit: 'ms', triad, other, ...aim });
}

/** @typedef {{ seen: number[], restarted: number[] }} Ends in ms after the kill */

/** @param {Supervisor} supervisor @param {import('../bench.mjs').Bench} bench @returns {Promise<Ends>} */
async function killAll(supervisor, bench) {
  bench.say(`ends: ${bench.counts.kills} times, ${supervisor.name}`);
  /** @type {number[]} */
  const killedAt = [];
  /** @type {number[]} */
  const restarted = [];
  for (let index = 0; index < bench.counts.kills; index += 1) {
    const name = NAMES[index % NAMES.length] ?? '';
    const start = supervisor.victims.nextStart(name);
    const [startedAtMs, pid] = [performance.now(), supervisor.pids.get(name) ?? 0];
    killedAt.push(Date.now());
    process.kill(pid, 'SIGKILL');
    const { pid: next, atMs } = await start;
    supervisor.pids.set(name, next);
    restarted.push(atMs - startedAtMs);
    // The pause varies, so that kills meet any moment of a poll.
    await pause(150 + 7 * (index % 15));
  }
  const seenAt = await supervisor.endsSeen();
  const seen = seenAt.slice(-killedAt.length).map((at, index) => at - (killedAt[index] ?? 0));
  return { seen, restarted };
}

/** @param {Supervisor} supervisor @param {import('../bench.mjs').Bench} bench */
async function idlePercent(supervisor, bench) {
  /** @type {number[]} */
  const rounds = [];
  for (let round = 0; round < bench.options.rounds; round += 1) {
    const before = cpuMsOf(supervisor.processes());
    await pause(bench.counts.idleMs);
    rounds.push(((cpuMsOf(supervisor.processes()) - before) / bench.counts.idleMs) * 100);
  }
  return spreadOf(rounds);
}

/** @param {Victims} victims */
async function firstStarts(victims) {
  const starts = await Promise.all(NAMES.map((name) => victims.nextStart(name)));
  return new Map(NAMES.map((name, index) => [name, starts[index]?.pid ?? 0]));
}

/**
 * @param {import('../bench.mjs').Bench} bench @param {import('../cleanup.mjs').Cleanup} cleanup
 * @returns {Promise<Supervisor>}
 */
async function startTriad(bench, cleanup) {
  const home = mkdtempSync(bench.scratch.path('supervised-'));
  const victims = new Victims(join(home, 'starts'), cleanup);
  const programs = new Programs(home, bench.profiles);
  await programs.run(['init']);
  const policy = { backoff: { first: '0s', max: '0s' }, crashLimit: 'none' };
  const panes = NAMES.map((name) => ({ name, command: victims.command(name), ...policy }));
  writeFileSync(
    join(home, 'config/triad.yaml'),
    JSON.stringify({ sessions: [{ name: 'pair', panes }] }),
  );
  const started = firstStarts(victims);
  cleanup.defer(() => programs.end());
  const { pid } = await programs.start(['up', '--listen', '127.0.0.1:0']);
  const tmux = () => [...pids.values()];
  const pids = await started;
  return {
    ...{ name: 'Triad', victims, pids },
    processes: () => descendantsOf([pid]).filter((each) => !tmux().includes(each)),
    endsSeen: async () => {
      const text = await programs.run(['events', '--json', '--lines', '10000']);
      const events = text.split('\n').filter((line) => line !== '');
      return events
        .map((line) => JSON.parse(line))
        .filter(({ kind, facts }) => kind === 'pane-state' && facts.to === 'backoff')
        .map(({ at }) => Date.parse(at));
    },
  };
}

/**
 * @param {import('../bench.mjs').Bench} bench @param {import('../cleanup.mjs').Cleanup} cleanup
 * @returns {Promise<Supervisor>}
 */
async function startPeer(bench, cleanup) {
  const folder = mkdtempSync(bench.scratch.path('polling-'));
  const victims = new Victims(join(folder, 'starts'), cleanup);
  const socket = join(folder, 'tmux.sock');
  const commands = Object.fromEntries(NAMES.map((name) => [name, victims.command(name)]));
  const started = firstStarts(victims);
  const child = spawn(process.execPath, [PEER, socket, JSON.stringify(commands)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  cleanup.defer(() => execFileSync('tmux', ['-S', socket, 'kill-server'], { stdio: 'ignore' }));
  cleanup.defer(() => child.kill('SIGKILL'));
  /** @type {number[]} */
  const seen = [];
  /** @type {Promise<void>} */
  const ready = new Promise((resolve) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      if (line === 'ready') resolve();
      else seen.push(JSON.parse(line).at);
    });
  });
  await within(ready, READY_LIMIT_MS, 'the polling supervisor');
  return {
    ...{ name: 'polling every 100 ms', victims, pids: await started },
    processes: () => [child.pid ?? 0],
    endsSeen: () => Promise.resolve(seen),
  };
}
