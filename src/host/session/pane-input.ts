import type { Clock } from '../../base/clock.js';
import { RefusedError } from '../../base/errors.js';
import type { PaneId, PaneName } from '../../base/ids.js';
import type { PaneRequest } from '../../base/pane.js';
import type { SessionTaps } from '../tap/session-taps.js';
import type { ControlConnection } from '../tmux/control-connection.js';
import { pressKeys, sendText } from '../tmux/pane-io.js';
import { PaneTurns } from './pane-turns.js';
import type { TypedInput } from './typed-input.js';

/** The rest of a longer line is lost without an error in canonical mode (termios(3)). */
const MAX_CANONICAL_BYTES = 4095;

export interface PaneInputOptions {
  readonly typed: Pick<TypedInput, 'paste' | 'press' | 'mayReach'>;
  readonly taps: Pick<SessionTaps, 'isCanonical'>;
  readonly clock: Clock;
  readonly getControl: () => ControlConnection;
  /** @throws RefusedError where the pane's command does not run. */
  readonly getRunning: (pane: PaneName) => PaneId;
}

/** Types what programs send into panes: whole, once, and one after the other. */
export class PaneInput {
  readonly turns: PaneTurns;
  readonly #options: PaneInputOptions;

  constructor(options: PaneInputOptions) {
    this.#options = options;
    const { clock, typed } = options;
    this.turns = new PaneTurns({ clock, mayReach: (pane) => typed.mayReach(pane) });
  }

  /** Sends text. @throws RefusedError for a line that is too long; UsageError for invalid text; BusyError. */
  async send(pane: PaneName, request: Extract<PaneRequest, { verb: 'send' }>): Promise<void> {
    await this.#requireWholeLines(pane, request.text);
    await this.#write(pane, async (id) => {
      await this.#options.typed.paste(id, request);
      await sendText(this.#options.getControl(), id, request);
    });
  }

  /** Presses keys. @throws UsageError for words that are no keys; BusyError. */
  press(pane: PaneName, keys: readonly string[]): Promise<void> {
    return this.#write(pane, async (id) => {
      await this.#options.typed.press(id, keys);
      await pressKeys(this.#options.getControl(), id, keys);
    });
  }

  #write(pane: PaneName, write: (id: PaneId) => Promise<void>): Promise<void> {
    return this.turns.take(pane, () => this.#options.getRunning(pane), write);
  }

  async #requireWholeLines(pane: PaneName, text: string): Promise<void> {
    const longest = Math.max(...text.split('\n').map((line) => Buffer.byteLength(line)));
    if (longest <= MAX_CANONICAL_BYTES || !(await this.#options.taps.isCanonical(pane))) return;
    throw new RefusedError(
      `${pane} reads line by line, and its terminal keeps ${MAX_CANONICAL_BYTES} bytes of a line (termios(3), canonical mode), got one of ${longest}`,
      { hint: 'send shorter lines, or put the text into a file' },
    );
  }
}
