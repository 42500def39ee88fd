import type { NewHostEvent } from '../../base/host-event.js';
import type { PaneName, SessionName } from '../../base/ids.js';
import type { Part } from '../../base/part.js';
import type { Logger } from '../../log/logger.js';
import { OldRuns } from './old-runs.js';
import type { Pane } from './pane.js';
import type { PaneMemory } from './pane-memory.js';
import type { PaneSet } from './pane-set.js';
import { RunNotes } from './run-notes.js';
import type { RunRecord } from './run-record.js';

const UP = ['starting', 'running', 'healthy', 'unhealthy', 'stopping'];

export interface LeftPanesOptions {
  readonly session: SessionName;
  /** The home's mark. */
  readonly homeMark: string;
  /** Where it is noted what runs, for a manager that comes when tmux is gone, too. */
  readonly notesPath: string;
  readonly log: Logger;
  readonly runs: RunRecord;
  readonly record: (event: NewHostEvent) => number;
}

/** What managers leave to those after them beside tmux: notes of what ran, and the runs themselves. */
export class LeftPanes {
  readonly oldRuns: OldRuns;
  readonly #options: LeftPanesOptions;
  readonly #notes: RunNotes;
  #hasRecalled = false;

  constructor(options: LeftPanesOptions) {
    const { session, homeMark, log } = options;
    this.#options = options;
    this.#notes = new RunNotes(options.notesPath, log);
    this.oldRuns = new OldRuns({ session, homeMark, notes: this.#notes, log });
  }

  /** To be watched. */
  get part(): Part {
    return this.#notes.part;
  }

  remember({ name, lastExit }: Pane, memory: PaneMemory): void {
    this.#notes.remember(name, memory, lastExit);
  }

  /**
   * The session is not in tmux: where the manager before this one has left one, its panes go on from what was
   * noted of them. Only at the first time, since this manager knows all that comes later.
   *
   * @param loss why it is not there, unless the machine was started anew since.
   * @returns why it was lost, where it was.
   */
  async recallSession(panes: PaneSet, loss: string): Promise<string | undefined> {
    await this.oldRuns.follow();
    const { left } = this.#notes;
    if (this.#hasRecalled || left === undefined || left.panes.size === 0) return undefined;
    this.#hasRecalled = true;
    const cause =
      left.ended ?? (this.#notes.isOfEarlierBoot ? 'the machine was started anew' : loss);
    const [kind, verb] = left.ended === null ? (['session-lost', 'lost'] as const) : ENDED;
    const text = `session ${verb}: ${cause}`;
    const { session, record } = this.#options;
    record({ kind, session, pane: null, by: null, text, facts: { reason: cause } });
    for (const { name } of panes.all) this.#recall(panes, name, cause);
    return left.ended === null ? cause : undefined;
  }

  /** Somebody closed them while no manager was there. */
  recallClosed(panes: PaneSet, names: readonly PaneName[]): void {
    if (this.#hasRecalled) return;
    this.#hasRecalled = true;
    for (const name of names) this.#recall(panes, name, 'its pane was closed');
  }

  /** The session was ended for good. */
  forget(): void {
    this.#notes.forget();
  }

  #recall(panes: PaneSet, name: PaneName, cause: string): void {
    const note = this.#notes.left?.panes.get(name);
    const remembered = this.#options.runs.reconciled(name, note?.memory);
    if (note === undefined || remembered === undefined) return;
    const memory = this.#memoryOf(remembered, cause);
    if (memory === undefined) return;
    panes.find(name)?.recallLost({ ...note, memory }, cause);
  }

  /** undefined where it starts anew. */
  #memoryOf(memory: PaneMemory, cause: string): PaneMemory | undefined {
    const isEnded = this.#notes.left?.ended !== null;
    if (!isEnded && !this.#notes.isOfEarlierBoot) return memory;
    // What ran is told to have ended, whatever its policy says of ends, and then starts as on the first day.
    if (UP.includes(memory.state)) {
      return {
        ...memory,
        state: 'stopping',
        ending: 'restart',
        reason: cause,
        pauses: 0,
        crashes: 0,
      };
    }
    return memory.state === 'stopped' && !isEnded ? memory : undefined;
  }
}

const ENDED = ['session-ended', 'ended'] as const;
