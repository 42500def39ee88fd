import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { until, within } from '../waiting.mjs';

const PROGRAM = join(import.meta.dirname, '../../dist/cli/main.js');
const READY_LIMIT_MS = 30_000;
const END_LIMIT_MS = 20_000;

/** @typedef {import('node:child_process').ChildProcess} ChildProcess */

/** The programs of one home of Triad. */
export class Programs {
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
