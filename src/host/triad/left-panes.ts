import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { NewHostEvent } from '../../base/host-event.js';
import type { PaneName, SessionName } from '../../base/ids.js';
import type { PaneExit } from '../../base/pane.js';
import { type Part, WrittenPart } from '../../base/part.js';
import { processFacts } from '../../base/process-scan.js';
import { readJson } from '../../base/schema.js';
import type { Logger } from '../../log/logger.js';
import { OldRuns, type PaneRun } from './old-runs.js';
import type { Pane } from './pane.js';
import type { PaneSet } from './pane-set.js';
import type { RunRecord } from './run-record.js';
import {
  type NotedRun,
  type PaneMemory,
  type PaneNote,
  runNotesSchema,
  type SessionNotes,
} from './schema.js';

const UP = ['starting', 'running', 'healthy', 'unhealthy', 'stopping'];

export interface LeftPanesOptions {
  readonly session: SessionName;
  /** The mark by which processes of this home are known. */
  readonly homeMark: string;
  /** The file of notes on what runs, for a manager that comes when tmux is gone, too. */
  readonly notesPath: string;
  readonly log: Logger;
  readonly runs: RunRecord;
  readonly record: (event: NewHostEvent) => number;
}

/** What managers leave to the next one outside tmux: notes of what ran, and the runs themselves. */
export class LeftPanes {
  readonly oldRuns: OldRuns;
  readonly #options: LeftPanesOptions;
  readonly #notes: RunNotes;
  #hasRecalled = false;

  constructor(options: LeftPanesOptions) {
    const { session, homeMark, log } = options;
    this.#options = options;
    this.#notes = new RunNotes(options.notesPath, log);
    this.oldRuns = new OldRuns({ session, homeMark, noted: () => this.#notes.runs(), log });
  }

  /** The part to watch. */
  get part(): Part {
    return this.#notes.part;
  }

  remember({ name, lastExit }: Pane, memory: PaneMemory): void {
    this.#notes.remember(name, memory, lastExit);
  }

  /**
   * Lets the panes of a session that is not in tmux any more go on from what was noted of them; only at
   * the first call, since this manager knows all that comes later.
   *
   * @param loss tells why the session is not there, unless the machine was started anew since.
   * @returns why the session was lost; undefined where there was none, or it was ended.
   */
  async recallSession(panes: PaneSet, loss: string): Promise<string | undefined> {
    await this.oldRuns.follow();
    const { left } = this.#notes;
    if (this.#hasRecalled || left === undefined || left.panes.size === 0) return undefined;
    this.#hasRecalled = true;
    const cause =
      left.ended ?? (this.#notes.isOfEarlierBoot ? 'the machine was started anew' : loss);
    const [kind, verb] =
      left.ended === null
        ? (['session-lost', 'lost'] as const)
        : (['session-ended', 'ended'] as const);
    const text = `session ${verb}: ${cause}`;
    const { session, record } = this.#options;
    record({ kind, session, pane: null, by: null, text, facts: { reason: cause } });
    for (const { name } of panes.all) this.#recall(panes, name, cause);
    return left.ended === null ? cause : undefined;
  }

  /** Lets panes that somebody closed while no manager was there go on from what was noted of them. */
  recallClosed(panes: PaneSet, names: readonly PaneName[]): void {
    if (this.#hasRecalled) return;
    this.#hasRecalled = true;
    for (const name of names) this.#recall(panes, name, 'its pane was closed');
  }

  /** Forgets the notes, since the session was ended for good. */
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

  /** The memory that a pane goes on with; undefined where it starts anew. */
  #memoryOf(memory: PaneMemory, cause: string): PaneMemory | undefined {
    const isEnded = this.#notes.left?.ended !== null;
    if (!isEnded && !this.#notes.isOfEarlierBoot) return memory;
    // What ran is told to have ended and is started again, whatever its restart policy, without a pause.
    if (UP.includes(memory.state)) {
      const again = { state: 'stopping', ending: 'restart', pauses: 0, crashes: 0 } as const;
      return { ...memory, ...again, reason: cause };
    }
    return memory.state === 'stopped' && !isEnded ? memory : undefined;
  }
}

/**
 * Notes on the runs of a session's panes, in a file: what is kept in tmux is lost with it, and the next
 * manager must know what ran, so that its end is told.
 */
export class RunNotes {
  /** The part to watch: it tells when the notes could not be written. */
  readonly part = new WrittenPart('note of its runs', () => this.#write(null));
  readonly #path: string;
  readonly #log: Logger | undefined;
  readonly #panes: Map<PaneName, PaneNote>;
  readonly #boot = bootId();
  /** The notes that the manager before this one has left. */
  readonly left: SessionNotes | undefined;

  constructor(path: string, log?: Logger) {
    this.#path = path;
    this.#log = log;
    this.left = readNotes(path);
    this.#panes = new Map(this.left?.panes);
  }

  /** Whether the machine was started anew since the notes were written. */
  get isOfEarlierBoot(): boolean {
    return this.left !== undefined && this.left.boot !== this.#boot;
  }

  runs(): PaneRun[] {
    if (this.isOfEarlierBoot) return [];
    return [...this.#panes].flatMap(([pane, { run }]) => (run === null ? [] : [{ pane, ...run }]));
  }

  remember(pane: PaneName, memory: PaneMemory, lastExit: PaneExit | null): void {
    const before = this.#panes.get(pane)?.run ?? null;
    const run = memory.pid === before?.pid ? before : null;
    // The question of a run is of no use once that is over.
    this.#panes.set(pane, { memory: { ...memory, question: null }, lastExit, run });
    this.#save();
  }

  /** Removes the notes, since the session was ended for good. */
  forget(): void {
    this.#panes.clear();
    this.part.note(true);
    rmSync(this.#path, { force: true });
  }

  /** Notes that somebody ended the session while no manager was there; the next one tells of it. */
  endedBy(who: string): void {
    if (this.left !== undefined) this.#save(who);
  }

  #save(ended: string | null = null): void {
    try {
      this.#write(ended);
      this.part.note(true);
    } catch (error) {
      // The same is kept in tmux; only a manager that comes after tmux has ended, too, misses it.
      this.part.note(false);
      this.#log?.warn({ error }, 'runs not noted');
    }
  }

  /** @throws UnavailableError while processes cannot be asked, or the system's error. */
  #write(ended: string | null): void {
    for (const [pane, note] of this.#panes) {
      if (note.run === null) this.#panes.set(pane, { ...note, run: runOf(note.memory.pid) });
    }
    const notes = { boot: this.#boot, ended, panes: Object.fromEntries(this.#panes) };
    mkdirSync(dirname(this.#path), { recursive: true, mode: 0o700 });
    writeFileSync(`${this.#path}.new`, `${JSON.stringify(notes)}\n`, { mode: 0o600 });
    renameSync(`${this.#path}.new`, this.#path);
  }
}

/** Identifies a process by more than its id, which another process may get once it has ended. */
function runOf(pid: number | null): NotedRun | null {
  const facts = pid === null ? undefined : processFacts(pid);
  if (facts === undefined) return null;
  return { pid: facts.pid, startedAt: facts.startedAt, session: facts.session };
}

function readNotes(path: string): SessionNotes | undefined {
  try {
    return readJson(runNotesSchema, readFileSync(path, 'utf8'));
  } catch {
    return undefined;
  }
}

function bootId(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim();
  } catch {
    return '';
  }
}
