import type { Clock } from '../../base/clock.js';
import { MAX_OUTPUT_BYTES, type OutputPage, type OutputRequest } from '../../base/output-page.js';
import { Waits } from '../../base/waits.js';
import type { PaneOutput } from './pane-output.js';

/** Reads pages of output for requests over the link, of which a bounded number may wait for output. */
export class OutputWaits {
  readonly #waits: Waits;
  #isClosed = false;

  constructor(clock: Clock) {
    this.#waits = new Waits(clock, 'output');
  }

  /**
   * Reads a page of `output`: at once where there is some, or else after `waitMs` at most, and then
   * without bytes where nothing came.
   *
   * @throws UnavailableError when too many wait already.
   */
  async read(output: PaneOutput, request: OutputRequest): Promise<OutputPage> {
    const maxBytes = Math.min(request.maxBytes, MAX_OUTPUT_BYTES);
    const page = output.read(request.start, maxBytes);
    const isThere = page.bytes.length > 0 || page.skipped > 0;
    if (isThere || request.waitMs <= 0 || this.#isClosed) return page;
    await this.#waits.wait(request.waitMs, (end) => output.onOutput(end));
    // The page begins where the first one ended: `lines` would mean other lines by now.
    return output.read({ at: page.next }, maxBytes);
  }

  /** Ends every wait with the output there is. Idempotent. */
  close(): void {
    this.#isClosed = true;
    this.#waits.endAll();
  }
}
