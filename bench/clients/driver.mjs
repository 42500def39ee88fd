import { pause } from '../waiting.mjs';
import { Terminal } from './terminal.mjs';

/** No escape sequence, status line or line of log that is used here contains any of these. */
const KEYS = ['%', '&', '+', ',', '<', '_', '{', '}', '~', '^'];
const KILL_LINE = '\x15';
const KILLED_WITHIN_MS = 50;
const ECHO_LIMIT_MS = 60_000;
const CONNECT_LIMIT_MS = 120_000;

/** Somebody who types and waits for each character to appear. */
export class Driver {
  #terminal;
  #typed = 0;

  /** @param {Terminal} terminal */
  constructor(terminal) {
    this.#terminal = terminal;
  }

  /**
   * @param {import('../systems/system.mjs').System} system
   * @param {import('../bench.mjs').Bench} bench
   * @param {import('../cleanup.mjs').Cleanup} cleanup
   */
  static async attach(system, bench, cleanup) {
    const terminal = new Terminal(system, bench.scratch.path('driver'));
    cleanup.defer(() => terminal.close());
    await terminal.sees('pair', CONNECT_LIMIT_MS);
    const driver = new Driver(terminal);
    for (let warmUp = 0; warmUp < KEYS.length; warmUp += 1) await driver.echo();
    return driver;
  }

  /** Types one character; resolves with the ms until it was on the screen. */
  async echo() {
    const key = KEYS[this.#typed % KEYS.length] ?? '';
    if (this.#typed > 0 && this.#typed % KEYS.length === 0) await this.#killLine();
    this.#typed += 1;
    const seen = this.#terminal.sees(key, ECHO_LIMIT_MS);
    const startedAt = performance.now();
    this.#terminal.write(key);
    return (await seen) - startedAt;
  }

  /** Empties the line, so that no redraw shows a character that is to be waited for. */
  async #killLine() {
    this.#terminal.write(KILL_LINE);
    await pause(KILLED_WITHIN_MS);
  }
}
