import type { Clock } from '../../base/clock.js';
import type { PaneId, PaneName } from '../../base/ids.js';
import type { SessionTaps } from '../tap/session-taps.js';
import { TypingDetector } from './typing.js';

/** The pause between two polls of where keys go while somebody types. */
const POLL_MS = 100;
const [ENTER, INTERRUPT, OTHER] = ['\r', '\x03', 'x'];

export interface TypedInputOptions {
  readonly taps: Pick<SessionTaps, 'type' | 'forgetTyped'>;
  readonly panes: () => readonly { readonly name: PaneName; readonly id: PaneId | null }[];
  /** Asks tmux about a pane, or with null about the active one; throws while tmux cannot be asked. */
  readonly ask: (pane: PaneId | null) => Promise<KeyTarget>;
  readonly clock: Clock;
}

/** A pane, and whether what is typed into it goes into others, too. */
export interface KeyTarget {
  readonly id: PaneId;
  readonly isShared: boolean;
}

/** What was typed between two polls, and the panes it may have gone to, unless `isAnywhere`. */
interface Round {
  readonly number: number;
  readonly panes: Set<string>;
  isAnywhere: boolean;
  /** After two polls tmux has surely handled what was typed before the first. */
  polls: number;
}

/**
 * Tells the panes' outputs of all that is typed in a session, before it can show there. A driver's keys
 * count for every pane, since tmux alone knows where they go, until it has told which one that was.
 */
export class TypedInput {
  readonly #options: TypedInputOptions;
  #rounds: Round[] = [];
  #number = 0;
  /** The active pane, to which keys go, as far as it is known. */
  #focus: string | undefined;
  #stopPolling: (() => void) | undefined;
  #isClosed = false;

  constructor(options: TypedInputOptions) {
    this.#options = options;
  }

  /** Opens the watch of one driver: the returned function takes what is written into its tmux client. */
  openDriver(onTyping: (bytes: Uint8Array) => void): (bytes: Uint8Array) => void {
    const typing = new TypingDetector();
    return (bytes) => {
      const isTyping = typing.isTyping(bytes);
      if (isTyping) onTyping(bytes);
      if (isTyping || typing.isUndecided) this.#drove(bytes);
    };
  }

  /** Whether drivers' keys may go to this pane: tmux has not said that they go elsewhere. */
  mayReach(pane: PaneId): boolean {
    return this.#focus === undefined || this.#focus === pane;
  }

  /** Notes that `text` is about to be pasted into a pane. */
  async paste(pane: PaneId, { text, enter }: { text: string; enter: boolean }): Promise<void> {
    await this.#into(pane, `${text}${enter ? ENTER : ''}`);
  }

  /** Notes that these keys are about to be sent to a pane. */
  async press(pane: PaneId, keys: readonly string[]): Promise<void> {
    await this.#into(pane, keys.map(characterOf).join(''));
  }

  /** Takes a notification of tmux (tmux(1), CONTROL MODE): the active pane is another one now. */
  notified(name: string, rest: string): void {
    const isElsewhere = name === 'session-window-changed';
    if (!isElsewhere && name !== 'window-pane-changed') return;
    this.#focus = undefined;
    const pane = rest.split(' ')[1] ?? '';
    for (const round of this.#rounds) {
      round.panes.add(pane);
      round.isAnywhere ||= isElsewhere;
    }
    this.#pollSoon();
  }

  /** Stops polling. Idempotent. */
  close(): void {
    this.#isClosed = true;
    this.#stopPolling?.();
    this.#rounds = [];
  }

  async #into(id: PaneId, text: string): Promise<void> {
    const { isShared } = await this.#options.ask(id);
    const panes = this.#options.panes().filter((pane) => isShared || pane.id === id);
    this.#options.taps.type(
      panes.map(({ name }) => name),
      Buffer.from(text),
      0,
    );
  }

  #drove(bytes: Uint8Array): void {
    const { number } = this.#openRound();
    const names = this.#options.panes().map(({ name }) => name);
    this.#options.taps.type(names, bytes, number);
    this.#pollSoon();
  }

  #openRound(): Round {
    const last = this.#rounds.at(-1);
    if (last?.polls === 0) return last;
    const focus = this.#focus;
    const panes = new Set(focus === undefined ? [] : [focus]);
    const number = (this.#number += 1);
    const round = { number, panes, isAnywhere: focus === undefined, polls: 0 };
    this.#rounds.push(round);
    return round;
  }

  #pollSoon(): void {
    if (this.#isClosed) return;
    this.#stopPolling ??= this.#options.clock.after(POLL_MS, () => void this.poll());
  }

  /** Asks which pane is active, and ends the rounds of what was typed long enough ago. Never rejects. */
  async poll(): Promise<void> {
    this.#stopPolling?.();
    // While a poll waits for its answer no other one begins.
    this.#stopPolling = () => undefined;
    for (const round of this.#rounds) round.polls += 1;
    const polled = [...this.#rounds];
    try {
      this.#judgeRounds(polled, await this.#options.ask(null));
    } catch {
      // Where the keys went stays unknown, so that they count for every pane.
      this.#focus = undefined;
      this.#rounds = [];
    }
    this.#stopPolling = undefined;
    if (this.#rounds.length > 0) this.#pollSoon();
  }

  #judgeRounds(polled: readonly Round[], { id, isShared }: KeyTarget): void {
    this.#focus = isShared ? undefined : id;
    for (const round of polled) {
      round.panes.add(id);
      round.isAnywhere ||= isShared;
      if (round.polls > 1 && !round.isAnywhere) this.#forgetTyped(round);
    }
    this.#rounds = this.#rounds.filter(({ polls }) => polls <= 1);
  }

  #forgetTyped({ number, panes }: Round): void {
    const others = this.#options.panes().filter(({ id }) => id !== null && !panes.has(id));
    this.#options.taps.forgetTyped(
      others.map(({ name }) => name),
      number,
    );
  }
}

/** A character that stands for a key: all that counts of it is whether it ends a line. */
function characterOf(key: string): string {
  if (/^(enter|c-m|c-j|\^m|\^j)$/i.test(key)) return ENTER;
  return /^(c-c|\^c)$/i.test(key) ? INTERRUPT : OTHER;
}
