import type { NewHostEvent } from '../../base/host-event.js';
import type { PaneName, SessionName } from '../../base/ids.js';
import type { PaneHistory, RunOnRecord } from '../events/pane-history.js';
import type { KeeperConnection } from '../keeper/keeper-connection.js';
import type { KeeperState } from '../keeper/schema.js';
import { describeExit, exitOf } from './command-exit.js';
import { memoryFacts, recordedMemory } from './pane-memory.js';
import type { PaneMemory } from './schema.js';

/** What is on record of each pane, by this host and earlier ones. */
export type RunHistory = Pick<PaneHistory, 'lastRun' | 'openPanes' | 'lastState'>;

export interface RunRecordOptions {
  readonly session: SessionName;
  readonly history: RunHistory;
  /** Puts an event on record and returns its number; never throws. */
  readonly record: (event: NewHostEvent) => number;
  /** Called when the end of a run was put on record; `pid` is that of its command. */
  readonly onEnded: (pane: PaneName, pid: number | null) => void;
}

/**
 * Puts the start and the end of every run on record once, even where hosts were killed in between: what a
 * keeper tells is compared with the record. A run whose keeper is gone is recorded with an unknown end.
 */
export class RunRecord {
  readonly #options: RunRecordOptions;

  constructor(options: RunRecordOptions) {
    this.#options = options;
  }

  /** Puts on record what this keeper tells of its runs from now on. */
  follow(pane: PaneName, keeper: KeeperConnection): void {
    this.seen(pane, keeper.state);
    keeper.onState((state) => this.seen(pane, state));
  }

  /** Puts on record what a keeper's state tells that is not there yet. Twice is safe. */
  seen(pane: PaneName, state: KeeperState): void {
    const { starts, startedAt, pid } = state;
    if (starts === 0) return this.lost(pane, 'the keeper that had started it is gone');
    const run = `${startedAt}-${starts}`;
    const known = this.#find(pane);
    if (known?.run !== run) {
      this.lost(pane, 'another run was found in its place');
      const text = `${pane} was started${pid === null ? '' : `, process ${pid}`}`;
      this.#record(pane, { kind: 'command-started', text, facts: { run, pid, startedAt } });
    }
    const exit = exitOf(state);
    if (state.running || exit === null || this.#find(pane)?.hasEnded === true) return;
    const { status, signal, at } = exit;
    const ended = this.#find(pane)?.pid ?? null;
    const facts = { run, pid: ended, isKnown: true, status, signal, endedAt: at };
    const text = `${pane} ${describeExit(exit)}`;
    this.#record(pane, { kind: 'command-ended', text, facts });
    this.#options.onEnded(pane, ended);
  }

  /** Records the unknown end of the pane's run, if one is on record as going on. Twice is safe. */
  lost(pane: PaneName, cause: string): void {
    const known = this.#find(pane);
    if (known === undefined || known.hasEnded) return;
    const { run, pid } = known;
    const facts = { run, pid, isKnown: false, status: null, signal: null, endedAt: null, cause };
    const text = `${pane} has ended, how and when is not known: ${cause}`;
    this.#record(pane, { kind: 'command-ended', text, facts });
    this.#options.onEnded(pane, pid);
  }

  /** Records the unknown end of the runs of all panes but these. */
  lostAllBut(panes: readonly { readonly name: PaneName }[], cause: string): void {
    const open = this.#options.history.openPanes(this.#options.session);
    for (const pane of open) {
      if (!panes.some(({ name }) => name === pane)) this.lost(pane, cause);
    }
  }

  /**
   * Reconciles a pane's memory with its changes of state on record: returns a recorded change that was not
   * remembered any more, and records one again that the record has lost.
   */
  reconciled(pane: PaneName, memory: PaneMemory | undefined): PaneMemory | undefined {
    const { session, history } = this.#options;
    const recorded = history.lastState(session, pane);
    if (memory === undefined || recorded === undefined) return memory;
    if (recorded.number > memory.event) return recordedMemory(recorded) ?? memory;
    const from = recorded.facts['to'] ?? null;
    if (from === memory.state) return memory;
    const { state: to, reason } = memory;
    const text = `${pane}: ${from} -> ${to}: ${reason}`;
    const facts = { from, to, reason, pid: memory.pid, ...memoryFacts(memory) };
    const event = this.#record(pane, { kind: 'pane-state', text, facts });
    return { ...memory, event };
  }

  #find(pane: PaneName): RunOnRecord | undefined {
    return this.#options.history.lastRun(this.#options.session, pane);
  }

  #record(pane: PaneName, what: Pick<NewHostEvent, 'kind' | 'text' | 'facts'>): number {
    return this.#options.record({ session: this.#options.session, pane, by: null, ...what });
  }
}
