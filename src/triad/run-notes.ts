import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { PaneName } from '../base/ids.js';
import { processFacts } from '../base/process-scan.js';
import type { PaneExit } from '../link/host-link.js';
import type { Logger } from '../log/logger.js';
import type { PaneMemory } from './pane-memory.js';
import { runNotesSchema } from './schema.js';

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
  readonly #path: string;
  readonly #log: Logger | undefined;
  readonly #panes: Map<PaneName, PaneNote>;
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
    return this.left !== undefined && this.left.boot !== bootId();
  }

  runs(): NotedRun[] {
    if (this.isOfEarlierBoot) return [];
    return [...this.#panes].flatMap(([pane, { run }]) => (run === null ? [] : [{ pane, ...run }]));
  }

  remember(pane: PaneName, memory: PaneMemory, lastExit: PaneExit | null): void {
    const before = this.#panes.get(pane)?.run ?? null;
    const run = memory.pid === before?.pid ? before : runOf(memory.pid);
    // What it asks is of no use once its run is over.
    this.#panes.set(pane, { memory: { ...memory, question: null }, lastExit, run });
    this.#write(null);
  }

  /** A pane that is not configured any more, and not there. */
  drop(pane: PaneName): void {
    if (this.#panes.delete(pane)) this.#write(null);
  }

  /** The session was ended for good. */
  forget(): void {
    this.#panes.clear();
    rmSync(this.#path, { force: true });
  }

  /** Somebody ended the session while no manager was there: the next one tells of it. */
  endedBy(who: string): void {
    if (this.left !== undefined) this.#write(who);
  }

  #write(ended: string | null): void {
    const notes = { boot: bootId(), ended, panes: Object.fromEntries(this.#panes) };
    try {
      mkdirSync(dirname(this.#path), { recursive: true, mode: 0o700 });
      writeFileSync(`${this.#path}.new`, `${JSON.stringify(notes)}\n`, { mode: 0o600 });
      renameSync(`${this.#path}.new`, this.#path);
    } catch (error) {
      // Tmux remembers the same; only a manager that comes after tmux ended, too, misses it.
      this.#log?.warn({ error }, 'runs not noted');
    }
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
