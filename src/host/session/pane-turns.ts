import { type Clock, pause } from '../../base/clock.js';
import { BusyError, UnavailableError } from '../../base/errors.js';
import type { PaneId, PaneName } from '../../base/ids.js';
import { Turns } from '../../base/turns.js';

/** A line that a person types is theirs until Enter, or until they have paused for so long. */
const PAUSE_MS = 1_000;
/** How long a program's input waits for a person who goes on typing. */
const WAIT_LIMIT_MS = 10_000;
const POLL_MS = 50;
/** How long people's keys wait at most while a program's input is written, which takes a millisecond. */
const HOLD_LIMIT_MS = 100;
/** How many programs may wait for one pane; more are refused. */
const MAX_WAITING = 64;
const LINE_ENDS: ReadonlySet<number | undefined> = new Set([...Buffer.from('\r\n\x03')]);
const [PASTE_BEGINS, PASTE_ENDS] = ['\x1b[200~', '\x1b[201~'];

export interface PaneTurnsOptions {
  readonly clock: Clock;
  /** Whether people's keys may go to this pane, as far as it is known. */
  readonly mayReach: (pane: PaneId) => boolean;
}

/** The line that one driver has typed last. */
interface Line {
  /** When the line is over without Enter, in milliseconds of `Clock.elapsed`. */
  readonly openUntil: number;
  readonly isPasting: boolean;
}

/**
 * Lets one writer at a time write to each pane: what programs send is written in the order in which they asked,
 * and neither splits what a person is typing nor is split by it. It never drops a person's key.
 */
export class PaneTurns {
  readonly #options: PaneTurnsOptions;
  readonly #turns = new Map<PaneName, Turns>();
  readonly #lines = new Map<object, Line>();
  /** The panes that are written to, each with the time at which people's keys go on at the latest. */
  readonly #written = new Map<PaneId, number>();
  readonly #closing = new AbortController();

  constructor(options: PaneTurnsOptions) {
    this.#options = options;
  }

  /** Notes that a driver's keys were written. */
  typed(driver: object, bytes: Uint8Array): void {
    const isPasting = isInPaste(bytes, this.#lines.get(driver)?.isPasting === true);
    const isEnded = !isPasting && LINE_ENDS.has(bytes.at(-1));
    const openUntil = isEnded ? 0 : this.#options.clock.elapsed() + PAUSE_MS;
    this.#lines.set(driver, { openUntil, isPasting });
  }

  left(driver: object): void {
    this.#lines.delete(driver);
  }

  /** Whether people's keys have to wait, since a program's input is being written where they may go. */
  get isHeld(): boolean {
    if (this.#written.size === 0) return false;
    const now = this.#options.clock.elapsed();
    return [...this.#written].some(([id, until]) => now < until && this.#options.mayReach(id));
  }

  /**
   * Calls `write` as the only writer to a pane.
   *
   * @param find returns the pane's id when its turn has come; what it throws is thrown.
   * @throws BusyError when too many wait, or somebody types on and on.
   */
  async take(
    pane: PaneName,
    find: () => PaneId,
    write: (id: PaneId) => Promise<void>,
  ): Promise<void> {
    find();
    const giveUpAt = this.#options.clock.elapsed() + WAIT_LIMIT_MS;
    await this.#turnsOf(pane).take(async () => {
      await this.#waitForPeople(pane, find, giveUpAt);
      const id = find();
      this.#written.set(id, this.#options.clock.elapsed() + HOLD_LIMIT_MS);
      try {
        await write(id);
      } finally {
        this.#written.delete(id);
      }
    });
  }

  /** Rejects every program that waits. Idempotent. */
  close(): void {
    this.#closing.abort();
  }

  async #waitForPeople(pane: PaneName, find: () => PaneId, giveUpAt: number): Promise<void> {
    const { clock } = this.#options;
    const { signal } = this.#closing;
    while (!signal.aborted && this.#isTypedInto(find())) {
      if (clock.elapsed() >= giveUpAt) {
        throw new BusyError(`somebody has been typing into ${pane} for ${WAIT_LIMIT_MS / 1000} s`, {
          hint: 'try again when they have pressed Enter',
        });
      }
      await pause({ clock, delayMs: POLL_MS, signal });
    }
    if (signal.aborted) throw new UnavailableError('the session is being closed');
  }

  #isTypedInto(id: PaneId): boolean {
    const now = this.#options.clock.elapsed();
    return (
      [...this.#lines.values()].some(({ openUntil }) => openUntil > now) &&
      this.#options.mayReach(id)
    );
  }

  #turnsOf(pane: PaneName): Turns {
    const known = this.#turns.get(pane);
    if (known !== undefined) return known;
    const turns = new Turns({ maxAtOnce: 1, maxWaiting: MAX_WAITING });
    this.#turns.set(pane, turns);
    return turns;
  }
}

/** Whether a bracketed paste (xterm, mode 2004) goes on behind these bytes: its pieces are one text. */
function isInPaste(bytes: Uint8Array, wasIn: boolean): boolean {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const [begins, ends] = [text.lastIndexOf(PASTE_BEGINS), text.lastIndexOf(PASTE_ENDS)];
  return begins === ends ? wasIn : begins > ends;
}
