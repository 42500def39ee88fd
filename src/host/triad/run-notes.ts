import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { PaneName } from '../../base/ids.js';
import type { PaneExit } from '../../base/pane.js';
import { WrittenPart } from '../../base/part.js';
import { processFacts } from '../../base/process-scan.js';
import type { Logger } from '../../log/logger.js';
import { runNotesSchema } from '../plan/schema.js';
import type { PaneMemory } from './pane-memory.js';

/** A command's process, and what no other process has. */
export interface NotedRun {
  readonly pane: PaneName;
  readonly pid: number;
  readonly startedAt: string;
  /** Its terminal session: the keeper's process id. */
  readonly session: number;
}

/** What was known of a pane last. */
export interface PaneNote {
  readonly memory: PaneMemory;
  readonly lastExit: PaneExit | null;
  readonly run: Omit<NotedRun, 'pane'> | null;
}

/** A session as its last manager knew it. */
interface Notes {
  /** proc(5), `boot_id`: nothing of it lives on after another start of the machine. */
  readonly boot: string;
  /** Why it is gone, where somebody has ended it while no manager was there. */
  readonly ended: string | null;
  readonly panes: ReadonlyMap<PaneName, PaneNote>;
}

/**
 * What a session's panes do, in a file that lives longer than tmux: what is kept in tmux itself dies with
 * it, and who comes then must know what ran, so that its end is told.
 */
export class RunNotes {
  /** To be watched: it is behind while the machine lets nothing be asked or written. */
  readonly part = new WrittenPart('note of its runs', () => this.#write(null));
  readonly #path: string;
  readonly #log: Logger | undefined;
  readonly #panes: Map<PaneName, PaneNote>;
  readonly #boot = bootId();
  /** What the manager before this one has left. */
  readonly left: Notes | undefined;

  constructor(path: string, log?: Logger) {
    this.#path = path;
    this.#log = log;
    this.left = readNotes(path);
    this.#panes = new Map(this.left?.panes);
  }

  /** Whether the machine was started anew since. */
  get isOfEarlierBoot(): boolean {
    return this.left !== undefined && this.left.boot !== this.#boot;
  }

  runs(): NotedRun[] {
    if (this.isOfEarlierBoot) return [];
    return [...this.#panes].flatMap(([pane, { run }]) => (run === null ? [] : [{ pane, ...run }]));
  }

  remember(pane: PaneName, memory: PaneMemory, lastExit: PaneExit | null): void {
    const before = this.#panes.get(pane)?.run ?? null;
    const run = memory.pid === before?.pid ? before : null;
    // What it asks is of no use once its run is over.
    this.#panes.set(pane, { memory: { ...memory, question: null }, lastExit, run });
    this.#save();
  }

  /** The session was ended for good. */
  forget(): void {
    this.#panes.clear();
    this.part.note(true);
    rmSync(this.#path, { force: true });
  }

  /** Somebody ended the session while no manager was there: the next one tells of it. */
  endedBy(who: string): void {
    if (this.left !== undefined) this.#save(who);
  }

  #save(ended: string | null = null): void {
    try {
      this.#write(ended);
      this.part.note(true);
    } catch (error) {
      // Tmux remembers the same; only a manager that comes after tmux ended, too, misses it.
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

/** The number alone may come to name another process. */
function runOf(pid: number | null): Omit<NotedRun, 'pane'> | null {
  const facts = pid === null ? undefined : processFacts(pid);
  return facts === undefined
    ? null
    : { pid: facts.pid, startedAt: facts.startedAt, session: facts.session };
}

function readNotes(path: string): Notes | undefined {
  try {
    const read = runNotesSchema.safeParse(JSON.parse(readFileSync(path, 'utf8')));
    if (!read.success) return undefined;
    const { boot, ended, panes } = read.data;
    return { boot, ended, panes };
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
