import { execFileSync } from 'node:child_process';
import { constants, openSync } from 'node:fs';
import { Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { within } from '../waiting.mjs';

const START_LIMIT_MS = 20_000;

/** Programs that say when they start, over a FIFO, and then do nothing until they are killed. */
export class Victims {
  #path;
  /** @type {Map<string, (start: { pid: number, atMs: number }) => void>} */
  #waiting = new Map();

  /** @param {string} path @param {import('../cleanup.mjs').Cleanup} cleanup */
  constructor(path, cleanup) {
    this.#path = path;
    execFileSync('mkfifo', [path]);
    // The FIFO is open for writing, too, so that reading it never comes to an end.
    const fd = openSync(path, constants.O_RDWR | constants.O_NONBLOCK);
    const stream = new Socket({ fd, readable: true, writable: false });
    createInterface({ input: stream }).on('line', (line) => this.#receive(line));
    cleanup.defer(() => stream.destroy());
  }

  /** The command of a victim. @param {string} name */
  command(name) {
    return ['/bin/sh', '-c', `echo ${name} $$ >'${this.#path}'; exec sleep 1000000`];
  }

  /**
   * The next start of a victim: its process id, and when it was heard of.
   *
   * @param {string} name @returns {Promise<{ pid: number, atMs: number }>}
   */
  nextStart(name) {
    /** @type {Promise<{ pid: number, atMs: number }>} */
    const started = new Promise((resolve) => this.#waiting.set(name, resolve));
    return within(started, START_LIMIT_MS, `${name} to start`);
  }

  /** @param {string} line */
  #receive(line) {
    const [name = '', pid] = line.split(' ');
    this.#waiting.get(name)?.({ pid: Number(pid), atMs: performance.now() });
    this.#waiting.delete(name);
  }
}
