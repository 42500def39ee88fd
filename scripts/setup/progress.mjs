/** How often a person without a live line is told that something still runs. */
const HEARTBEAT_MS = 15_000;
const LIVE_LINE_MS = 250;

/** Shows what runs and for how long: a live line on a terminal, plain lines elsewhere. */
export class Progress {
  #stream;
  #isLive;
  /** @type {Map<string, number>} label -> when it began */
  #running = new Map();
  #timer;

  /** @param {NodeJS.WriteStream} stream */
  constructor(stream) {
    this.#stream = stream;
    this.#isLive = stream.isTTY;
    this.#timer = setInterval(() => this.#tick(), this.#isLive ? LIVE_LINE_MS : HEARTBEAT_MS);
  }

  /**
   * Shows `label` as running until `work` has settled.
   *
   * @param {string} label
   * @param {Promise<void>} work
   * @returns {Promise<void>}
   */
  async show(label, work) {
    const startedAt = Date.now();
    this.#running.set(label, startedAt);
    if (this.#isLive) this.#tick();
    else this.say(`${label} ...`);
    try {
      await work;
    } finally {
      this.#running.delete(label);
    }
    this.say(`${label}: done (${seconds(startedAt)})`);
  }

  /** @param {string} text */
  say(text) {
    this.#line(`setup: ${text}`);
  }

  /** @param {string} report */
  fail(report) {
    this.#line(report);
  }

  close() {
    clearInterval(this.#timer);
  }

  #tick() {
    const labels = [...this.#running].map(([label, since]) => `${label} ${seconds(since)}`);
    if (labels.length === 0) return;
    if (this.#isLive) this.#stream.write(`\r\x1b[Ksetup: ${labels.join(', ')}`);
    else this.say(`still running: ${labels.join(', ')}`);
  }

  /** @param {string} text */
  #line(text) {
    this.#stream.write(`${this.#isLive ? '\r\x1b[K' : ''}${text}\n`);
    if (this.#isLive) this.#tick();
  }
}

/** @param {number} since */
function seconds(since) {
  return `${((Date.now() - since) / 1000).toFixed(1)} s`;
}
