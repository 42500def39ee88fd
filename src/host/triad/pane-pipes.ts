import type { Clock } from '../../base/clock.js';
import { RefusedError } from '../../base/errors.js';
import type { PaneId, PaneName } from '../../base/ids.js';
import type { Part } from '../../base/part.js';
import { argumentsOf, continueStopped, scanProcesses } from '../../base/process-scan.js';
import type { Logger } from '../../log/logger.js';
import type { SessionTaps } from '../tap/session-taps.js';
import type { ControlConnection } from '../tmux/control-connection.js';
import { variable } from '../tmux/rows.js';
import type { PaneRow } from './pane-row.js';

/** Pauses before a pane is checked again that has no tap of ours: doubled each time. */
const FIRST_PAUSE_MS = 200;
const LAST_PAUSE_MS = 10_000;
/** A pipe that is not ours is told once the pause is longer: then it is no tap that is just starting. */
const TOLD_PAUSE_MS = 1_000;

export interface PanePipesOptions {
  readonly taps: SessionTaps;
  readonly clock: Clock;
  readonly log: Logger;
  /** Throws while tmux cannot be asked. */
  readonly getControl: () => ControlConnection;
  /** The process id of the tmux server; undefined where it is not known. */
  readonly serverPid: () => number | undefined;
}

interface Attempt {
  readonly pauseMs: number;
  readonly dueAt: number;
}

interface PipeReader {
  readonly pid: number;
  /** The pane whose tap the process is; undefined for a process that is no tap of ours. */
  readonly pane: PaneName | undefined;
}

type OurRow = PaneRow & { readonly name: PaneName };

/** Gives each pane of ours a tap; a pipe that somebody has set up instead is left as it is, and told. */
export class PanePipes implements Part {
  readonly name = 'tap';
  readonly #options: PanePipesOptions;
  /** The panes without a tap of ours, and when they are checked again. */
  readonly #attempts = new Map<PaneId, Attempt>();
  /** The panes of `#attempts` that somebody else has piped, by name. */
  readonly #others = new Map<PaneId, PaneName>();
  /** The panes that had a pipe at the last check. */
  #piped: ReadonlySet<PaneId> = new Set();
  /** Whether the panes are those of an earlier host, which had tapped them all. */
  #isAdopted = false;

  constructor(options: PanePipesOptions) {
    this.#options = options;
  }

  findFault(): string | undefined {
    const names = [...this.#others.values()];
    return names.length === 0 ? undefined : `of ${names.join(', ')} is not there`;
  }

  async makeAgain(): Promise<void> {
    const [id] = this.#others.keys();
    throw new RefusedError('somebody pipes what the pane puts out elsewhere', {
      hint: `end that with: tmux pipe-pane -t ${id}`,
    });
  }

  /** Checks panes for the first time, and waits for the taps that an earlier host left in them. */
  async checkAnew(isAdopted: boolean, check: () => Promise<readonly PaneRow[]>): Promise<void> {
    this.#isAdopted = isAdopted;
    const tapped = (await check()).filter(({ hasPipe, isDead }) => hasPipe && !isDead);
    if (isAdopted) await this.#options.taps.reconnected(tapped.flatMap(({ name }) => name ?? []));
  }

  /** Gives taps to panes without one; resolves when tmux has answered. */
  async check(rows: readonly PaneRow[]): Promise<void> {
    const ours = rows.filter(isOurs);
    this.#forgetAllBut(ours);
    const unpiped = ours.filter(({ hasPipe }) => !hasPipe);
    for (const { id, name } of unpiped) {
      if (this.#isAdopted || this.#piped.has(id)) this.#lost(name);
    }
    this.#isAdopted = false;
    this.#piped = new Set(ours.flatMap(({ id, hasPipe }) => (hasPipe ? [id] : [])));
    const due = unpiped.filter(({ id }) => this.#isDue(id));
    const broken = await this.#findBroken(ours).catch((error: unknown) => {
      this.#options.log.debug({ error }, 'processes not read');
      return [];
    });
    for (const { name } of broken) this.#lost(name);
    await Promise.all([...due, ...broken].map(({ id, name }) => this.#pipe(id, name)));
  }

  /** Forgets panes that are tapped or gone, and those whose other pipe has ended, which get a tap at once. */
  #forgetAllBut(ours: readonly OurRow[]): void {
    const rows = new Map(ours.map((row) => [row.id, row]));
    for (const id of this.#attempts.keys()) {
      const row = rows.get(id);
      const isTapped = row?.hasPipe === true && this.#options.taps.isTapped(row.name);
      const isEnded = row?.hasPipe === false && this.#others.has(id);
      if (row === undefined || isTapped || isEnded) this.#attempts.delete(id);
      if (!this.#attempts.has(id)) this.#others.delete(id);
    }
  }

  /** Whether a pane is to be checked now; if so, the next time is after a longer pause. */
  #isDue(id: PaneId): boolean {
    const now = this.#options.clock.elapsed();
    const { pauseMs, dueAt } = this.#attempts.get(id) ?? { pauseMs: FIRST_PAUSE_MS, dueAt: 0 };
    if (now < dueAt) return false;
    const next = { pauseMs: Math.min(pauseMs * 2, LAST_PAUSE_MS), dueAt: now + pauseMs };
    this.#attempts.set(id, next);
    return true;
  }

  /** Finds panes whose tap has ended, which tmux notices only when it has something to write to it. */
  async #findBroken(ours: readonly OurRow[]): Promise<readonly OurRow[]> {
    const { taps, log, serverPid } = this.#options;
    const server = serverPid();
    const silent = ours.filter(
      ({ id, name, hasPipe }) => hasPipe && !taps.isTapped(name) && this.#isDue(id),
    );
    if (silent.length === 0 || server === undefined) return [];
    const readers = await this.#readersOf(server);
    // A tap that was stopped while no host was there has not connected yet.
    for (const { pid, pane } of readers) {
      if (pane === undefined || !continueStopped(pid)) continue;
      log.warn({ pane }, 'tap was stopped, continued');
    }
    const isOthers = readers.some(({ pane }) => pane === undefined);
    const untapped = silent.filter(
      ({ name }) => !taps.isTapped(name) && !readers.some(({ pane }) => pane === name),
    );
    for (const row of untapped) this.#note(row, isOthers);
    return isOthers ? [] : untapped;
  }

  #note({ id, name }: OurRow, isOthers: boolean): void {
    const pauseMs = this.#attempts.get(id)?.pauseMs ?? 0;
    if (!isOthers) this.#others.delete(id);
    else if (pauseMs > TOLD_PAUSE_MS) this.#others.set(id, name);
  }

  /** The processes that tmux has started outside panes: our taps, and what people pipe to or run. */
  async #readersOf(server: number): Promise<readonly PipeReader[]> {
    const { getControl, taps } = this.#options;
    const panes = await getControl().rows('list-panes', { pid: 'pane_pid' }, ['-a']);
    const inPanes = new Set(panes.map(({ pid }) => pid));
    const children = (await scanProcesses()).filter(
      ({ pid, parent }) => parent === server && !inPanes.has(pid),
    );
    return children.map(({ pid }) => ({ pid, pane: taps.findTapped(argumentsOf(pid)) }));
  }

  /** Notes that a pane's tap has ended: output until the next one is lost. */
  #lost(name: PaneName): void {
    this.#options.log.warn({ pane: name }, 'tap has ended, pane is tapped anew');
    this.#options.taps.missing(name);
  }

  async #pipe(id: PaneId, name: PaneName): Promise<void> {
    const { taps, log, getControl } = this.#options;
    try {
      const command = taps.pipeCommand(name, variable('pane_tty'));
      await getControl().ask('pipe-pane', ['-t', id, command]);
    } catch (error) {
      log.debug({ error, pane: name }, 'pane not tapped');
    }
  }
}

function isOurs(row: PaneRow): row is OurRow {
  return row.name !== undefined && !row.isDead;
}
