import type { Clock } from '../../base/clock.js';
import { MAX_OUTPUT_BYTES, type OutputPage, type OutputRequest } from '../../base/output-page.js';
import { Waits } from '../../base/waits.js';
import type { PaneOutput } from './pane-output.js';

/** Reads pages of output for those who ask over the link, and lets a bounded number wait for some. */
export class OutputWaits {
  readonly #waits: Waits;
  #isClosed = false;

  constructor(clock: Clock) {
    this.#waits = new Waits(clock, 'output');
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
    await this.#waits.wait(request.waitMs, (end) => output.onOutput(end));
    // From where the page ended: the last lines of now may be others.
    return output.read({ at: page.next }, maxBytes);
  }

  /** Lets everybody go with what there is. Idempotent. */
  close(): void {
    this.#isClosed = true;
    this.#waits.endAll();
  }
}
