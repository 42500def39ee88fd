import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { Crowd } from '../clients/crowd.mjs';
import { within } from '../waiting.mjs';

const PROGRAM = join(import.meta.dirname, 'floor-process.mjs');
const ROUND_MS = 3000;
const ANSWER_LIMIT_MS = 60_000;

/** An SSH server that does nothing but send packets: nobody can be cheaper than that with ssh2. */
export class FloorServer {
  #bench;
  #cleanup;
  #child;

  /** @param {import('../bench.mjs').Bench} bench @param {import('../cleanup.mjs').Cleanup} cleanup */
  constructor(bench, cleanup) {
    this.#bench = bench;
    this.#cleanup = cleanup;
    this.#child = fork(PROGRAM, [bench.scratch.path('sshd')]);
    cleanup.defer(() => this.#close());
  }

  /** @param {number} observers */
  async open(observers) {
    const { port } = /** @type {import('node:net').AddressInfo} */ (await this.#answer());
    const crowd = new Crowd({ port, login: 'floor' }, this.#bench, this.#cleanup);
    await crowd.join({ count: observers });
  }

  /**
   * What one packet to one client costs, in µs of CPU time.
   *
   * @param {{ packetBytes: number, perSecond: number }} pace
   */
  async packetUs(pace) {
    this.#child.send({ ...pace, ms: ROUND_MS });
    return Number(await this.#answer());
  }

  async #answer() {
    const [answer] = await within(once(this.#child, 'message'), ANSWER_LIMIT_MS, 'the floor');
    return answer;
  }

  async #close() {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await ended;
  }
}
