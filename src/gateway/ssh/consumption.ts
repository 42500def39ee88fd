/** A client that acknowledges in steps up to this tells soon enough by itself (OpenSSH: 48 KiB). */
const PROMPT_STEP_BYTES = 64 * 1024;
/** Above this a client that acknowledges in larger steps is asked whether it keeps up. */
const ASK_ABOVE_BYTES = 32 * 1024;

export interface ConsumptionOptions {
  /** How much the client allows to be sent before anything was. */
  readonly window: number;
  /** Asks the client for an answer; it gives it only after it has read what was sent before. */
  readonly ask: (onAnswered: () => void) => void;
}

/**
 * How much of a channel's data the client has not consumed.
 *
 * Clients acknowledge by opening their window, many of them only when half of it is used up (JSch,
 * AsyncSSH, libssh), with a window of gigabytes as good as never (PuTTY). Those are asked: a global
 * request is answered in turn, so its answer says that all before it was read (RFC 4254 §4).
 */
export class Consumption {
  readonly #ask: ConsumptionOptions['ask'];
  #window: number;
  #sent = 0;
  #acknowledged = 0;
  /** What the client has read, by its answers. */
  #answered = 0;
  #isAsked = false;
  #smallestStep = Number.POSITIVE_INFINITY;

  constructor({ window, ask }: ConsumptionOptions) {
    this.#ask = ask;
    this.#window = window;
  }

  /** Bytes that were sent and not consumed, by the window as it is now. */
  unconsumedBytes(window: number): number {
    this.#note(window - this.#window);
    this.#window = window;
    const unconsumed = this.#sent - Math.max(this.#acknowledged, this.#answered);
    if (unconsumed > ASK_ABOVE_BYTES && this.#smallestStep > PROMPT_STEP_BYTES) this.#askOnce();
    return unconsumed;
  }

  #note(opened: number): void {
    if (opened < 0) this.#sent -= opened;
    if (opened <= 0) return;
    this.#smallestStep = Math.min(this.#smallestStep, opened);
    // A window that is opened for nothing is no credit for what is sent later.
    this.#acknowledged = Math.min(this.#sent, this.#acknowledged + opened);
  }

  #askOnce(): void {
    if (this.#isAsked) return;
    this.#isAsked = true;
    const sent = this.#sent;
    this.#ask(() => {
      this.#isAsked = false;
      this.#answered = sent;
    });
  }
}
