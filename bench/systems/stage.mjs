import { once } from 'node:events';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { within } from '../waiting.mjs';

const PROGRAM = join(import.meta.dirname, '../panes/stage.mjs');
const START_LIMIT_MS = 20_000;
/** A tmux server with a thousand clients of its own takes its time. */
const ANSWER_LIMIT_MS = 180_000;

/**
 * What a stage can be asked for.
 *
 * @typedef {{ act: 'quiet' }
 *   | { act: 'steady', linesPerSecond: number }
 *   | { act: 'flood', bytesPerSecond: number }
 *   | { act: 'lines', count: number }
 *   | { act: 'bulk', bytes: number, limitMs: number }} Request
 */

/** The bench's end of the pane that observers watch. */
export class Stage {
  /** The command of the pane. @type {readonly string[]} */
  command;
  #server = createServer();
  /** @type {Promise<import('node:net').Socket>} */
  #socket;
  /** @type {AsyncIterator<string> | undefined} */
  #answers;

  /** @param {string} path where its socket is to be @param {import('../cleanup.mjs').Cleanup} cleanup */
  constructor(path, cleanup) {
    this.command = [process.execPath, PROGRAM, path];
    this.#socket = once(this.#server, 'connection').then(([socket]) => socket);
    this.#server.listen(path);
    cleanup.defer(async () => {
      this.#server.close();
      if (this.#answers !== undefined) (await this.#socket).destroy();
    });
  }

  /** @param {Request} request @returns {Promise<unknown>} the answer, when it is done or begun */
  async perform(request) {
    const socket = await within(this.#socket, START_LIMIT_MS, 'the program of the pane');
    this.#answers ??= createInterface({ input: socket })[Symbol.asyncIterator]();
    socket.write(`${JSON.stringify(request)}\n`);
    const answer = await within(this.#answers.next(), ANSWER_LIMIT_MS, `the pane: ${request.act}`);
    if (answer.done === true) throw new Error('the program of the pane has ended');
    return JSON.parse(answer.value);
  }

  /**
   * Writes that many bytes at once, for `limitMs` at most.
   *
   * @param {number} bytes @param {number} limitMs
   */
  async bulk(bytes, limitMs) {
    const answer = await this.perform({ act: 'bulk', bytes, limitMs });
    return /** @type {{ bytes: number, elapsedMs: number }} */ (answer);
  }
}
