import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { within } from '../waiting.mjs';

const PROGRAM = join(import.meta.dirname, 'crowd-process.mjs');
/** A thousand logins into sshd take a minute or two on two cores. */
const CALL_LIMIT_MS = 300_000;

/**
 * What a crowd has received since it was last asked.
 *
 * @typedef {object} Received
 * @property {number} connections that are still open
 * @property {number} bytes as they are on the wire, of all connections
 * @property {number} packets of the connections that decode
 * @property {number[]} agesMs how old each change was when it was on a decoding observer's screen
 */

/** Where observers connect, and as whom. @typedef {{ readonly port: number, readonly login: string }} Address */

/** Observers in a process of their own, so that they cost the bench's own timing nothing. */
export class Crowd {
  #child = fork(PROGRAM, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  #calls = 0;
  #isStopped = false;
  #system;

  /**
   * @param {Address} system
   * @param {import('../bench.mjs').Bench} bench
   * @param {import('../cleanup.mjs').Cleanup} cleanup
   */
  constructor(system, bench, cleanup) {
    const { port, login } = system;
    this.#system = { port, login, keyPath: bench.scratch.path('observer') };
    // Each call waits for its own answer.
    this.#child.setMaxListeners(0);
    cleanup.defer(() => this.close());
  }

  /**
   * Adds observers; resolves when each has got something to see.
   *
   * @param {{ count: number, decoding?: boolean, parallel?: number }} more
   */
  async join({ count, decoding = false, parallel = 32 }) {
    if (count > 0) await this.#call('join', { ...this.#system, count, decoding, parallel });
  }

  /** @returns {Promise<Received>} */
  async received() {
    return /** @type {Received} */ (await this.#call('received', {}));
  }

  /** Stops the process of the crowd: none of its observers reads any more. */
  stop() {
    this.#isStopped = this.#child.kill('SIGSTOP');
  }

  resume() {
    if (this.#isStopped) this.#child.kill('SIGCONT');
    this.#isStopped = false;
  }

  /** Idempotent. */
  async close() {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await ended;
  }

  /** @param {string} call @param {object} details */
  async #call(call, details) {
    const id = (this.#calls += 1);
    const answer = new Promise((resolve, reject) => {
      const onMessage = (/** @type {any} */ message) => {
        if (message.id !== id) return;
        this.#child.off('message', onMessage);
        if (message.error === undefined) resolve(message.result);
        else reject(new Error(`${call}: ${message.error}`));
      };
      this.#child.on('message', onMessage);
      this.#child.once('exit', () => reject(new Error('the crowd has ended')));
    });
    this.#child.send({ id, call, details });
    return await within(answer, CALL_LIMIT_MS, `the crowd: ${call}`);
  }
}
