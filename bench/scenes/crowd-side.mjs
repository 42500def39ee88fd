import { Crowd } from '../clients/crowd.mjs';
import { typeWhile } from '../clients/turns.mjs';
import { pause } from '../waiting.mjs';

const DECODING = 4;
const BUSY_LINES_PER_SECOND = 50;
const SETTLED_MS = 300;

/** What observers watch. @satisfies {Record<string, import('../systems/stage.mjs').Request>} */
export const ACTS = {
  quiet: { act: 'quiet' },
  chatty: { act: 'steady', linesPerSecond: 20 },
  flooding: { act: 'flood', bytesPerSecond: 2e6 },
};

/** @typedef {keyof typeof ACTS} ActName */

/**
 * What was seen for a while.
 *
 * @typedef {object} Seen
 * @property {number} seconds
 * @property {number} cpuMs of the whole system
 * @property {number} gatewayCpuMs
 * @property {number} bytes of each observer
 * @property {number} frames that a decoding observer got
 * @property {number[]} agesMs
 *
 * What was measured with one number of observers, by round.
 *
 * @typedef {object} Level
 * @property {number[]} memoryBytes
 * @property {Record<ActName, Seen[]>} seen
 * @property {number[][]} echoMs
 */

/** A system whose crowd grows, and what was measured with each size of it. */
export class CrowdSide {
  /** @type {Map<number, Level>} by number of observers */
  levels = new Map();
  #side;
  #bench;
  #count = 0;
  #draining;
  #decoding;

  /**
   * @param {import('./side.mjs').Side} side
   * @param {import('../bench.mjs').Bench} bench
   * @param {import('../cleanup.mjs').Cleanup} cleanup
   */
  constructor(side, bench, cleanup) {
    this.#side = side;
    this.#bench = bench;
    this.#draining = new Crowd(side.system, bench, cleanup);
    this.#decoding = new Crowd(side.system, bench, cleanup);
  }

  /** @param {number} count */
  async growTo(count) {
    const decoding = Math.min(count, DECODING);
    const had = Math.min(this.#count, DECODING);
    await this.#decoding.join({ count: decoding - had, decoding: true });
    await this.#draining.join({ count: count - decoding - (this.#count - had) });
    this.#count = count;
    await this.#side.calm();
    const seen = { quiet: [], chatty: [], flooding: [] };
    this.levels.set(count, { memoryBytes: [], seen, echoMs: [] });
  }

  /** One round of everything, with the crowd as it is. */
  async measure() {
    const level = this.levels.get(this.#count);
    if (level === undefined) throw new Error('a crowd is measured that never came');
    const { system } = this.#side;
    for (const name of /** @type {ActName[]} */ (Object.keys(ACTS))) {
      level.seen[name].push(await this.#watch(ACTS[name]));
      await this.#side.calm();
      if (name === 'quiet') level.memoryBytes.push(system.memoryBytes());
    }
    if (this.#bench.wants('busy')) level.echoMs.push(await this.#typeWhileBusy());
  }

  /** @param {import('../systems/stage.mjs').Request} request @returns {Promise<Seen>} */
  async #watch(request) {
    const { system } = this.#side;
    await system.stage.perform(request);
    await pause(SETTLED_MS);
    await this.#received();
    const startedAt = performance.now();
    const [cpuMs, gatewayCpuMs] = [system.cpuMs(), system.gatewayCpuMs()];
    await pause(this.#bench.counts.windowMs);
    const used = {
      cpuMs: system.cpuMs() - cpuMs,
      gatewayCpuMs: system.gatewayCpuMs() - gatewayCpuMs,
    };
    const seconds = (performance.now() - startedAt) / 1000;
    return { seconds, ...used, ...(await this.#received()) };
  }

  async #received() {
    const [draining, decoding] = [await this.#draining.received(), await this.#decoding.received()];
    const connections = draining.connections + decoding.connections;
    if (connections < this.#count) {
      throw new Error(
        `only ${connections} of ${this.#count} observers of ${this.#side.system.name} are left`,
      );
    }
    return {
      bytes: (draining.bytes + decoding.bytes) / Math.max(1, connections),
      frames: decoding.packets / Math.max(1, decoding.connections),
      agesMs: decoding.agesMs,
    };
  }

  async #typeWhileBusy() {
    const { system, driver } = this.#side;
    const { crowdKeystrokes, crowdKeystrokesMs } = this.#bench.counts;
    await system.stage.perform({ act: 'steady', linesPerSecond: BUSY_LINES_PER_SECOND });
    await pause(SETTLED_MS);
    const endsAt = performance.now() + crowdKeystrokesMs;
    const goesOn = (/** @type {number} */ typed) => {
      return typed < crowdKeystrokes && performance.now() < endsAt;
    };
    const echoMs = await typeWhile(driver, goesOn);
    await this.#side.calm();
    return echoMs;
  }
}
