import type { Clock } from '../../base/clock.js';
import { messageOf } from '../../base/errors.js';
import type { NewHostEvent } from '../../base/host-event.js';
import type { PaneName, SessionName } from '../../base/ids.js';
import { leftText } from '../../base/pane.js';
import { livesOn, type ProcessFacts } from '../../base/process-scan.js';
import type { Logger } from '../../log/logger.js';
import { describeLeft, type Found, findDescendants } from './descendants.js';
import type { Pane } from './pane.js';

/** The pause after a command's end: what ends with it has mostly ended by then. */
const FIRST_LOOK_MS = 500;
/** The least pause between two looks, since each reads all processes. */
const LEAST_PAUSE_MS = 2_000;
const NEXT_LOOK_MS = 5_000;
/** How long the process group of an ended command is left out: by then the keeper has killed it. */
const GROUP_LIMIT_MS = 10_000;
/** How many ended runs are remembered; beyond that, the group of the oldest is told of as left. */
const MAX_ENDED = 1_000;
const NOTHING: Found = { ofKeeper: [], others: [], keepers: 0 };

export interface LeftProcessesOptions {
  readonly session: SessionName;
  /** The mark by which processes of this home are known. */
  readonly homeMark: string;
  readonly clock: Clock;
  readonly log: Logger;
  readonly panes: () => readonly Pane[];
  /** Puts an event on record and returns its number; never throws. */
  readonly record: (event: NewHostEvent) => number;
}

/** A run that has just ended; the keeper ends its process group. */
interface EndedRun {
  readonly pane: PaneName;
  readonly group: number | null;
  readonly until: number;
}

/**
 * Finds processes that commands have left behind in other process groups when they ended. They are told
 * of, and never touched.
 */
export class LeftProcesses {
  readonly #options: LeftProcessesOptions;
  #ended: EndedRun[] = [];
  #cancelNext: () => void = () => undefined;
  #isLooking = false;
  #lookedAt = Number.NEGATIVE_INFINITY;
  #isClosed = false;

  constructor(options: LeftProcessesOptions) {
    this.#options = options;
  }

  /** Notes that a run of the pane has ended. @param group is the process group of its command. */
  ended(pane: PaneName, group: number | null): void {
    const until = this.#options.clock.elapsed() + GROUP_LIMIT_MS;
    this.#ended = [...this.#ended, { pane, group, until }].slice(-MAX_ENDED);
    this.lookSoon();
  }

  lookSoon(delayMs = FIRST_LOOK_MS): void {
    if (this.#isLooking || this.#isClosed) return;
    const restMs = this.#lookedAt + LEAST_PAUSE_MS - this.#options.clock.elapsed();
    this.#cancelNext();
    const look = () => void this.#look();
    this.#cancelNext = this.#options.clock.after(Math.max(delayMs, restMs), look);
  }

  close(): void {
    this.#isClosed = true;
    this.#cancelNext();
  }

  async #look(): Promise<void> {
    this.#isLooking = true;
    this.#lookedAt = this.#options.clock.elapsed();
    this.#ended = this.#ended.filter(({ until }) => until > this.#lookedAt);
    const ended = this.#ended.length;
    try {
      const found = await findDescendants(this.#options.homeMark, this.#options.session);
      if (!this.#isClosed) this.#take(found);
    } catch (error) {
      this.#options.log.warn({ reason: messageOf(error) }, 'processes left behind not looked for');
    }
    this.#isLooking = false;
    if (this.#ended.length > ended) this.lookSoon();
    else if (ended > 0 || this.#options.panes().some(({ left }) => left.length > 0)) {
      this.lookSoon(NEXT_LOOK_MS);
    }
  }

  #take(found: ReadonlyMap<PaneName, Found>): void {
    for (const pane of this.#options.panes()) {
      const left = this.#leftOf(pane, found.get(pane.name) ?? NOTHING);
      if (left === undefined) continue;
      this.#tell(pane, left);
      pane.setLeftBehind(left);
    }
  }

  /** What is left in a pane; undefined where it is not known now what belongs to the present run. */
  #leftOf(pane: Pane, { ofKeeper, others, keepers }: Found): ProcessFacts[] | undefined {
    const isKnown = keepers === 0 || (keepers === 1 && pane.id !== null);
    if (!isKnown || pane.state === 'starting') return undefined;
    const command = ofKeeper.find(({ root }) => root.pid === pane.pid)?.root;
    if (pane.pid !== null && command === undefined) return undefined;
    const groups = new Set(this.#ended.map(({ group }) => group));
    const left = ofKeeper.filter(({ root }) => {
      return root !== command && (command === undefined || isOlder(root, command));
    });
    const all = [...left.map(({ process }) => process), ...others];
    return all.filter((process) => !groups.has(process.group) && livesOn(process));
  }

  #tell({ name: pane, left: before }: Pane, left: readonly ProcessFacts[]): void {
    const { session, record, log } = this.#options;
    const known = new Set(before.map(keyOf));
    const added = left.filter((process) => !known.has(keyOf(process)));
    if (added.length === 0 || !this.#ended.some((run) => run.pane === pane)) return;
    const described = describeLeft(added);
    const pids = described.processes.map(({ pid }) => pid).join(' ');
    log.warn({ pane, pids, count: described.count }, 'processes were left behind');
    const text = `${pane} has left behind, and they go on: ${leftText(described)}`;
    const facts = { count: described.count, pids };
    record({ kind: 'processes-left', session, pane, by: null, text, facts });
  }
}

function isOlder(process: ProcessFacts, other: ProcessFacts): boolean {
  return BigInt(process.startedAt) < BigInt(other.startedAt);
}

function keyOf({ pid, startedAt }: ProcessFacts): string {
  return `${pid} ${startedAt}`;
}
