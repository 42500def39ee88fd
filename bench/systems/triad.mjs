import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { until, within } from '../waiting.mjs';
import { Stage } from './stage.mjs';
import { System } from './system.mjs';

const PROGRAM = join(import.meta.dirname, '../../dist/cli/main.js');
const READY_LIMIT_MS = 30_000;
const END_LIMIT_MS = 20_000;

/** As far apart as they go: a thousand connections from one address are the point here. */
const GATEWAY = {
  limits: {
    maxConnections: 10_000,
    maxStartups: '10000:100:10000',
    perSourceMaxStartups: 10_000,
    loginGraceTime: '10m',
    clientAliveInterval: '1h',
  },
};

/** @typedef {'one process' | 'two processes'} Form */
/** @typedef {import('node:child_process').ChildProcess} ChildProcess */

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
    { name: 'stage', command: stage.command },
  ];
  const sessions = [{ name: 'pair', layout: 'even-horizontal', panes }];
  writeFileSync(join(home, 'config/triad.yaml'), JSON.stringify({ sessions }));
  writeFileSync(join(home, 'config/gateway.yaml'), JSON.stringify(GATEWAY));
  for (const role of ['driver', 'observer']) {
    const key = readFileSync(scratch.path(`${role}.pub`), 'utf8');
    appendFileSync(join(home, 'keys/authorized_keys'), `role="${role}" ${key}`);
  }
}

/** The programs of one home. */
class Programs {
  #env;
  #profiles;
  /** @type {ChildProcess[]} */
  #started = [];

  /** @param {string} home @param {string | undefined} profiles the folder for their CPU profiles */
  constructor(home, profiles) {
    this.#env = { ...process.env, TRIAD_HOME: home, HOME: home, NO_COLOR: '1' };
    this.#profiles = profiles;
  }

  /** Runs `triad` to its end. @param {readonly string[]} args */
  async run(args) {
    const options = { env: this.#env, encoding: /** @type {const} */ ('utf8') };
    const { stdout } = await promisify(execFile)(process.execPath, [PROGRAM, ...args], options);
    return stdout;
  }

  /** Starts `triad` and waits until it is ready. @param {readonly string[]} args */
  async start(args) {
    const profile =
      this.#profiles === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${this.#profiles}`];
    const child = spawn(process.execPath, [...profile, PROGRAM, ...args], {
      env: this.#env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#started.push(child);
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (/** @type {Buffer} */ bytes) => {
        output = (output + bytes.toString()).slice(-16_384);
      });
    }
    const probe = () => {
      if (hasEnded(child)) throw new Error(`triad ${args[0] ?? ''} ended: ${output}`);
      return /^ready .*$/m.exec(output)?.[0];
    };
    return { pid: child.pid ?? 0, ready: await until('triad', probe, READY_LIMIT_MS) };
  }

  /** Ends the session and every program that was started. */
  async end() {
    await this.run(['down', '--session']).catch(() => '');
    for (const child of this.#started.filter((each) => !hasEnded(each))) {
      await within(once(child, 'exit'), END_LIMIT_MS, 'triad to end').catch(() => {
        child.kill('SIGKILL');
      });
    }
  }
}

/** @param {ChildProcess} child */
function hasEnded({ exitCode, signalCode }) {
  return exitCode !== null || signalCode !== null;
}
