import { appendFileSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Programs } from './programs.mjs';
import { Stage } from './stage.mjs';
import { System } from './system.mjs';

/**
 * The limits are as high as they go: a thousand connections from one address are the point here.
 */
const GATEWAY = {
  limits: {
    maxConnections: 10_000,
    maxConnectionsPerEngineer: 10_000,
    maxConnectionsPerKey: 10_000,
    maxStartups: '10000:100:10000',
    perSourceMaxStartups: 10_000,
    loginGraceTime: '10m',
    clientAliveInterval: '1h',
  },
};

/**
 * More lines than any scene prints that reads them back; others print no more than the default
 * keeps.
 */
const HISTORY_LINES = 200_000;

/** @typedef {'one process' | 'two processes'} Form */

/**
 * Starts Triad in a home of its own.
 *
 * @param {import('../bench.mjs').Bench} bench
 * @param {import('../cleanup.mjs').Cleanup} cleanup
 * @param {Form} form
 * @returns {Promise<System>}
 */
export async function startTriad(bench, cleanup, form) {
  const home = mkdtempSync(bench.scratch.path('triad-'));
  const stage = new Stage(join(home, 'stage.sock'), cleanup);
  await prepare(home, stage, bench);
  const programs = new Programs(home, bench.profiles);
  cleanup.defer(() => programs.end());
  const host = form === 'two processes' ? await programs.start(['host']) : undefined;
  const serve = form === 'two processes' ? 'gateway' : 'up';
  const gateway = await programs.start([serve, '--listen', '127.0.0.1:0']);
  const status = JSON.parse(await programs.run(['status', '--json']));
  return new System({
    name: `Triad, ${form}`,
    port: Number(/ -p (\d+)/.exec(gateway.ready)?.[1]),
    login: 'pair',
    stage,
    roots: host === undefined ? [gateway.pid] : [gateway.pid, host.pid],
    gatewayPid: gateway.pid,
    tmuxSocket: status.sessions[0].socket,
  });
}

/** @param {string} home @param {Stage} stage @param {import('../bench.mjs').Bench} bench */
async function prepare(home, stage, { scratch }) {
  await new Programs(home, undefined).run(['init']);
  mkdirSync(join(home, 'config'), { recursive: true });
  const panes = [
    { name: 'typing', command: ['cat'], focus: true },
    { name: 'stage', command: stage.command, history: HISTORY_LINES },
  ];
  const sessions = [{ name: 'pair', layout: 'even-horizontal', panes }];
  writeFileSync(join(home, 'config/triad.yaml'), JSON.stringify({ sessions }));
  writeFileSync(join(home, 'config/gateway.yaml'), JSON.stringify(GATEWAY));
  for (const role of ['driver', 'observer']) {
    const key = readFileSync(scratch.path(`${role}.pub`), 'utf8');
    appendFileSync(join(home, 'keys/authorized_keys'), `role="${role}" ${key}`);
  }
}
