const STEP_LIMIT_MS = 30_000;

/** What must be ended however the bench ends, the latest first. */
export class Cleanup {
  /** @type {(() => unknown)[]} */
  #steps = [];
  /** @type {Promise<void> | undefined} */
  #closing;

  /** @param {() => unknown} step may be asynchronous, and is called once */
  defer(step) {
    if (this.#closing === undefined) {
      this.#steps.push(step);
      return;
    }
    void settle(step);
    throw new Error('the bench is being ended');
  }

  /** A part that may be closed before the whole. */
  open() {
    const part = new Cleanup();
    this.defer(() => part.close());
    return part;
  }

  /** Ends everything; never fails, but tells what could not be ended. Idempotent. */
  async close() {
    this.#closing ??= this.#run();
    await this.#closing;
  }

  async #run() {
    for (const step of this.#steps.reverse()) await settle(step);
  }
}

/** @param {() => unknown} step */
async function settle(step) {
  /** @type {NodeJS.Timeout | undefined} */
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error('took too long')), STEP_LIMIT_MS);
  });
  try {
    await Promise.race([step(), late]);
  } catch (error) {
    process.stderr.write(`bench: could not clean up: ${String(error)}\n`);
  } finally {
    clearTimeout(timer);
  }
}
