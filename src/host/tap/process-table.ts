import { readFileSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import type { Clock } from '../../base/clock.js';
import { type ProcessFacts, parseStat } from '../../base/process-scan.js';
import { OwnSlices } from '../../base/slices.js';

/** What a process and everything that it started use. */
export interface TreeUsage {
  /** The share of a core: 1 is a whole one. */
  readonly cpu: number;
  readonly memoryBytes: number;
  readonly processes: number;
}

export interface ProcessTableOptions {
  readonly clock: Clock;
  /** Where proc(5) is mounted. */
  readonly root?: string;
}

interface Scan {
  readonly takenAtMs: number;
  readonly uptimeSeconds: number;
  readonly processes: ReadonlyMap<number, ProcessFacts>;
  readonly children: ReadonlyMap<number, readonly ProcessFacts[]>;
}

/** One scan of all processes serves every pane of every session for this long. */
const FRESH_MS = 2_000;
/** The processes beyond these are not read. */
const MAX_PROCESSES = 20_000;
/** Keys of what the kernel tells each program about the machine (getauxval(3)). */
const [AT_PAGESZ, AT_CLKTCK] = [6n, 17n];

/**
 * The processes of this machine, read on request. Their tree is built from each process's parent,
 * since /proc/PID/task/TID/children is not there in every kernel (proc(5), CONFIG_PROC_CHILDREN).
 */
export class ProcessTable {
  readonly #clock: Clock;
  readonly #root: string;
  readonly #units = readUnits();
  #newest: Scan | undefined;
  #before: Scan | undefined;
  #scanning: Promise<void> | undefined;

  constructor({ clock, root = '/proc' }: ProcessTableOptions) {
    this.#clock = clock;
    this.#root = root;
  }

  /** Reads the processes again unless they were read just now; callers share a scan. Never rejects. */
  async refresh(): Promise<void> {
    const age = this.#clock.elapsed() - (this.#newest?.takenAtMs ?? Number.NEGATIVE_INFINITY);
    if (age < FRESH_MS) return;
    this.#scanning ??= this.#scan().finally(() => {
      this.#scanning = undefined;
    });
    await this.#scanning;
  }

  /** The usage by the last scan, and starts another; undefined for a process that was not seen. */
  usageOf(pid: number): TreeUsage | undefined {
    void this.refresh();
    const scan = this.#newest;
    const tree = scan === undefined ? [] : treeOf(scan, pid);
    if (scan === undefined || tree.length === 0) return undefined;
    const pages = tree.reduce((sum, each) => sum + each.pages, 0);
    const cpu = tree.reduce((sum, each) => sum + this.#cpuOf(each, scan), 0);
    return { cpu, memoryBytes: pages * this.#units.pageBytes, processes: tree.length };
  }

  /** The share of a core since the scan before, or without one since the process's start. */
  #cpuOf(process: ProcessFacts, scan: Scan): number {
    const { ticksPerSecond } = this.#units;
    const before = this.#before;
    const same = before?.processes.get(process.pid);
    const isSame = same?.startedAt === process.startedAt;
    const ticks = process.ticks - (isSame ? same.ticks : 0);
    const age = scan.uptimeSeconds - Number(process.startedAt) / ticksPerSecond;
    const pause = before === undefined ? age : (scan.takenAtMs - before.takenAtMs) / 1000;
    return Math.max(0, ticks) / ticksPerSecond / Math.max(pause, 1 / ticksPerSecond);
  }

  async #scan(): Promise<void> {
    const processes = new Map<number, ProcessFacts>();
    const children = new Map<number, ProcessFacts[]>();
    const slices = new OwnSlices();
    try {
      const names = await readdir(this.#root);
      const uptimeSeconds = Number.parseFloat(await readFile(`${this.#root}/uptime`, 'latin1'));
      for (const name of names.filter((each) => /^\d+$/.test(each)).slice(0, MAX_PROCESSES)) {
        if (slices.isOver) await slices.next();
        const process = this.#read(name);
        if (process === undefined) continue;
        processes.set(process.pid, process);
        const siblings = children.get(process.parent);
        if (siblings === undefined) children.set(process.parent, [process]);
        else siblings.push(process);
      }
      this.#before = this.#newest;
      this.#newest = { takenAtMs: this.#clock.elapsed(), uptimeSeconds, processes, children };
    } catch {
      // Without a readable /proc no usage is told.
      this.#newest = undefined;
    }
  }

  #read(name: string): ProcessFacts | undefined {
    try {
      return parseStat(readFileSync(`${this.#root}/${name}/stat`, 'latin1'));
    } catch {
      // The process ended since the folder was read.
      return undefined;
    }
  }
}

/** A process with all its descendants, each once even where the parents form a loop. */
function treeOf({ processes, children }: Scan, pid: number): ProcessFacts[] {
  const root = processes.get(pid);
  const tree = new Set(root === undefined ? [] : [root]);
  for (const process of tree) {
    for (const child of children.get(process.pid) ?? []) tree.add(child);
  }
  return [...tree];
}

/** Reads the units in which the kernel counts memory and time. */
function readUnits(): { readonly pageBytes: number; readonly ticksPerSecond: number } {
  const told = new Map<bigint, bigint>();
  try {
    const words = new BigUint64Array(Uint8Array.from(readFileSync('/proc/self/auxv')).buffer);
    for (let at = 0; at + 1 < words.length; at += 2) told.set(words[at] ?? 0n, words[at + 1] ?? 0n);
  } catch {
    // The defaults below are nearly always right.
  }
  return {
    pageBytes: Number(told.get(AT_PAGESZ) ?? 4096n),
    ticksPerSecond: Number(told.get(AT_CLKTCK) ?? 100n),
  };
}
