import { Terminal as ScreenModel } from '@xterm/headless';
import { eventually } from './eventually.js';
import type { Person } from './home-template.js';
import { MESSAGE, RawSshClient } from './raw-ssh-client.js';
import type { TriadHome } from './triad-home.js';

const ROWS = 30;
const COLS = 100;
const MAX_PACKET_BYTES = 32_768;

/**
 * Somebody who watches by a client that keeps order: each piece they type is one packet, and a change
 * of their size comes after it, which a stock `ssh` does not promise.
 */
export class RawObserver implements AsyncDisposable {
  /** A size that nobody has had before tells that a change of size has come. */
  static #changes = 0;
  readonly #home: TriadHome;
  readonly #raw: RawSshClient;
  readonly #screen = new ScreenModel({ cols: COLS, rows: ROWS, allowProposedApi: true });

  private constructor(home: TriadHome, raw: RawSshClient) {
    this.#home = home;
    this.#raw = raw;
  }

  static async attach(home: TriadHome, port: number, person: Person): Promise<RawObserver> {
    const raw = await RawSshClient.connect(port);
    const observer = new RawObserver(home, raw);
    await raw.logIn(home.keyOf(person), home.blobOf(person));
    await raw.openSession(0, { window: 2 ** 31 });
    raw.attach(0, { cols: COLS, rows: ROWS });
    void observer.#show();
    await observer.sees('watching');
    return observer;
  }

  get text(): string {
    const { active } = this.#screen.buffer;
    const rows = Array.from({ length: ROWS }, (_, row) => active.getLine(row));
    return rows.map((row) => row?.translateToString(true) ?? '').join('\n');
  }

  /** Types each piece as a packet of its own. */
  type(...pieces: readonly (string | Uint8Array)[]): void {
    for (const piece of pieces) {
      const bytes = Buffer.from(piece);
      for (let at = 0; at < bytes.length; at += MAX_PACKET_BYTES) {
        this.#raw.sendData(0, bytes.subarray(at, at + MAX_PACKET_BYTES));
      }
    }
  }

  /** Waits until all that was typed has been handled: a change of size comes after it. */
  async settle(): Promise<void> {
    RawObserver.#changes += 1;
    const cols = COLS + RawObserver.#changes;
    this.#screen.resize(cols, ROWS);
    this.#raw.changeWindow(0, cols, ROWS);
    const hasCome = async () => (await this.#home.who()).some((each) => each.cols === cols);
    const evidence = () => (this.#raw.isClosed ? 'the connection is closed' : this.text);
    await eventually('triad who tells the observer’s new size', hasCome, evidence);
  }

  async sees(what: string | RegExp): Promise<void> {
    const isSeen = () => this.text.search(what) >= 0;
    await eventually(`the screen showed ${String(what)}`, isSeen, () => this.text);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#raw[Symbol.asyncDispose]();
    this.#screen.dispose();
  }

  async #show(): Promise<void> {
    const headerBytes = 9;
    while (!this.#raw.isClosed) {
      const message = await this.#raw.next([MESSAGE.channelData], 3_600_000).catch(() => undefined);
      if (message !== undefined) this.#screen.write(message.subarray(headerBytes));
    }
  }
}
