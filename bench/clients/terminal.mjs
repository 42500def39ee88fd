import { spawn } from 'node-pty';
import { SIZE } from '../systems/system.mjs';
import { within } from '../waiting.mjs';

/**
 * One key exchange for every server: a client spends up to 150 ms on the post-quantum one of some.
 */
const KEY_EXCHANGE = 'KexAlgorithms=curve25519-sha256';
const CIPHERS = 'Ciphers=chacha20-poly1305@openssh.com';

/** A person at a terminal: OpenSSH's own client in a pty. */
export class Terminal {
  #pty;
  /** @type {(bytes: Buffer) => void} */
  #listener = () => {};
  #isOpen = true;
  /** @type {Promise<void>} */
  #ended;

  /**
   * @param {import('../systems/system.mjs').System} system
   * @param {string} keyPath
   */
  constructor(system, keyPath) {
    const args = ['-tt', ...sshArguments(system, keyPath)];
    this.#pty = spawn('ssh', args, { ...SIZE, name: 'xterm-256color', encoding: null });
    this.#ended = new Promise((resolve) => {
      this.#pty.onExit(() => {
        this.#isOpen = false;
        resolve();
      });
    });
    this.#pty.onData((data) => this.#listener(Buffer.from(data)));
  }

  /** Resolves when `bytes` have come, with the time at which they had. @param {string | Buffer} bytes @param {number} limitMs @returns {Promise<number>} */
  async sees(bytes, limitMs) {
    const wanted = Buffer.from(bytes);
    let tail = Buffer.alloc(0);
    /** @type {Promise<number>} */
    const seen = new Promise((resolve) => {
      this.#listener = (chunk) => {
        const joined = Buffer.concat([tail, chunk]);
        if (joined.includes(wanted)) resolve(performance.now());
        tail = joined.subarray(Math.max(0, joined.length - wanted.length + 1));
      };
    });
    const ended = this.#ended.then(() => {
      throw new Error('ssh has ended');
    });
    return await within(Promise.race([seen, ended]), limitMs, `${JSON.stringify(String(bytes))}`);
  }

  /** @param {string} text */
  write(text) {
    this.#pty.write(text);
  }

  async close() {
    if (this.#isOpen) this.#pty.kill('SIGKILL');
    await this.#ended;
  }
}

/** What a client needs that connects, before a command. @param {import('../systems/system.mjs').System} system @param {string} keyPath */
export function sshArguments({ port, login }, keyPath) {
  const options = [
    ...['BatchMode=yes', 'IdentitiesOnly=yes', 'IdentityAgent=none', 'LogLevel=ERROR'],
    ...['UserKnownHostsFile=/dev/null', 'GlobalKnownHostsFile=/dev/null'],
    ...['StrictHostKeyChecking=no', 'UpdateHostKeys=no', KEY_EXCHANGE, CIPHERS],
  ];
  return [
    ...['-F', '/dev/null', '-p', String(port), '-i', keyPath, '-l', login],
    ...options.flatMap((option) => ['-o', option]),
    '127.0.0.1',
  ];
}
