import { once } from 'node:events';
import headless from '@xterm/headless';
import ssh2 from 'ssh2';
import { epochMsNow, stampsOn } from '../panes/stage-text.mjs';
import { SIZE } from '../systems/system.mjs';

/**
 * OpenSSH's client at a terminal acknowledges in such steps (`channels.c`, `channel_check_window`).
 */
const ACKNOWLEDGED_BYTES = 48 * 1024;
const LOGIN_LIMIT_MS = 280_000;
/** What OpenSSH's client asks for first. */
const CIPHER = 'chacha20-poly1305@openssh.com';

/**
 * The parts of ssh2's client that it does not publish.
 *
 * @typedef {object} ClientParts
 * @property {import('node:net').Socket} _sock
 * @property {{ channelWindowAdjust(id: number, more: number): void }} _protocol
 *
 * @typedef {{ port: number, login: string, decoding: boolean }} Target
 */

/**
 * One who watches over a real SSH connection. Most only take the bytes from the socket, without
 * decrypting them: a thousand of these cost little. A few decode, and see how old what they see is.
 */
export class Observer {
  isOpen = true;
  #bytes = 0;
  #packets = 0;
  /** @type {number[]} */
  #agesMs = [];
  #newestStamp = epochMsNow();
  #screen;

  /** @param {boolean} decoding */
  constructor(decoding) {
    this.#screen = decoding
      ? new headless.Terminal({ ...SIZE, scrollback: 0, allowProposedApi: true })
      : undefined;
  }

  /** Resolves when it has something to see. @param {Target & { privateKey: Buffer }} target */
  static async connect({ port, login, decoding, privateKey }) {
    const observer = new Observer(decoding);
    const client = new ssh2.Client();
    client.on('error', () => {});
    client.once('close', () => {
      observer.isOpen = false;
    });
    client.connect({
      ...{ host: '127.0.0.1', port, username: login, privateKey },
      ...{ readyTimeout: LOGIN_LIMIT_MS, algorithms: { cipher: [CIPHER] } },
    });
    await once(client, 'ready');
    const window = { ...SIZE, term: 'xterm-256color', width: 0, height: 0 };
    /** @type {import('ssh2').ClientChannel} */
    const channel = await new Promise((resolve, reject) => {
      client.shell(window, (error, opened) => (error ? reject(error) : resolve(opened)));
    });
    channel.on('data', (/** @type {Buffer} */ bytes) => observer.#show(bytes));
    await once(channel, 'data', { signal: AbortSignal.timeout(LOGIN_LIMIT_MS) });
    observer.#countBytes(client, channel);
    return observer;
  }

  /** Gives what came since the last call. */
  take() {
    const taken = { bytes: this.#bytes, packets: this.#packets, agesMs: this.#agesMs };
    this.#bytes = 0;
    this.#packets = 0;
    this.#agesMs = [];
    return taken;
  }

  /** @param {import('ssh2').Client} client @param {import('ssh2').ClientChannel} channel */
  #countBytes(client, channel) {
    const { _sock: socket, _protocol: protocol } = /** @type {ClientParts} */ (
      /** @type {unknown} */ (client)
    );
    if (this.#screen === undefined) {
      const { id } = /** @type {{ id: number }} */ (/** @type {any} */ (channel).outgoing);
      drain(socket, (bytes) => protocol.channelWindowAdjust(id, bytes));
    }
    socket.on('data', (bytes) => {
      this.#bytes += bytes.length;
    });
  }

  /** @param {Buffer} bytes */
  #show(bytes) {
    if (this.#screen === undefined) return;
    const at = epochMsNow();
    this.#packets += 1;
    this.#screen.write(bytes, () => this.#look(at));
  }

  /** @param {number} at when that was received which is on the screen now */
  #look(at) {
    const buffer = this.#screen?.buffer.active;
    const lines = Array.from({ length: SIZE.rows }, (_, row) => buffer?.getLine(row));
    const stamps = lines.flatMap((line) => stampsOn(line?.translateToString() ?? ''));
    const fresh = stamps.filter((stamp) => stamp > this.#newestStamp);
    this.#agesMs.push(...fresh.map((stamp) => at - stamp));
    this.#newestStamp = Math.max(this.#newestStamp, ...fresh);
  }
}

/**
 * Takes what comes as it is, and opens the window again for it.
 *
 * @param {import('node:net').Socket} socket @param {(bytes: number) => void} acknowledge
 */
function drain(socket, acknowledge) {
  let unacknowledged = 0;
  socket.removeAllListeners('data');
  socket.on('data', (bytes) => {
    unacknowledged += bytes.length;
    if (unacknowledged < ACKNOWLEDGED_BYTES) return;
    acknowledge(unacknowledged);
    unacknowledged = 0;
  });
}
