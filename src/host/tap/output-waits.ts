import type { Clock } from '../../base/clock.js';
import { UnavailableError } from '../../base/errors.js';
import { MAX_OUTPUT_BYTES, type OutputPage, type OutputRequest } from '../../base/output-page.js';
import type { PaneOutput } from './pane-output.js';

/** So many may wait at once, each a closure and a timer: 64 engineers with all that they may follow. */
const MAX_WAITING = 1024;

/** Reads pages of output for those who ask over the link, and lets a bounded number wait for some. */
export class OutputWaits {
  readonly #clock: Clock;
  readonly #endings = new Set<() => void>();
  #isClosed = false;
  /** How many were refused. */
  refused = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * A page of `output`, at once where there is something or nobody waits; without bytes when nothing
   * came in time.
   *
   * @throws UnavailableError when too many wait already.
   */
  async read(output: PaneOutput, request: OutputRequest): Promise<OutputPage> {
    const maxBytes = Math.min(request.maxBytes, MAX_OUTPUT_BYTES);
    const page = output.read(request.start, maxBytes);
    const isThere = page.bytes.length > 0 || page.skipped > 0;
    if (isThere || request.waitMs <= 0 || this.#isClosed) return page;
    if (this.#endings.size >= MAX_WAITING) {
      this.refused += 1;
      throw new UnavailableError(`${MAX_WAITING} others wait for output already, try again soon`);
    }
    await this.#wait(output, request.waitMs);
    // From where the page ended: the last lines of now may be others.
    return output.read({ at: page.next }, maxBytes);
  }

  /** Lets everybody go with what there is. Idempotent. */
  close(): void {
    this.#isClosed = true;
    for (const end of [...this.#endings]) end();
  }

  #wait(output: PaneOutput, waitMs: number): Promise<void> {
    return new Promise((resolve) => {
      const end = () => {
        stopListening();
        takeBack();
        this.#endings.delete(end);
        resolve();
      };
      const stopListening = output.onOutput(end);
      const takeBack = this.#clock.after(waitMs, end);
      this.#endings.add(end);
    });
  }
}
