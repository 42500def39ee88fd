import { readFileSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import type { Clock } from '../../base/clock.js';
import { type ProcessFacts, parseStat } from '../../base/process-scan.js';
import { OwnSlices } from '../../base/slices.js';

/** What a process and everything that it started use. */
export interface TreeUsage {
  /** 1 is a whole core. */
  readonly cpu: number;
  readonly memoryBytes: number;
  readonly processes: number;
}

export interface ProcessTableOptions {
  readonly clock: Clock;
  /** Where proc(5) is. */
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
/** More are not read. */
const MAX_PROCESSES = 20_000;
/** getauxval(3): what the kernel told this program of the machine. */
const [AT_PAGESZ, AT_CLKTCK] = [6n, 17n];

/**
 * The processes of this machine, read when somebody asks. The tree is made of the parents that
 * each process tells: the lists of children are not there in every kernel.
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

  /** Reads again, unless it was read just now; many who ask share one. Never rejects. */
  async refresh(): Promise<void> {
    const age = this.#clock.elapsed() - (this.#newest?.takenAtMs ?? Number.NEGATIVE_INFINITY);
    if (age < FRESH_MS) return;
    this.#scanning ??= this.#scan().finally(() => {
      this.#scanning = undefined;
    });
    await this.#scanning;
  }

  /** As last seen, which makes it read again soon; undefined for a process that was not seen. */
  usageOf(pid: number): TreeUsage | undefined {
    void this.refresh();
    const scan = this.#newest;
    const tree = scan === undefined ? [] : treeOf(scan, pid);
    if (scan === undefined || tree.length === 0) return undefined;
    const pages = tree.reduce((sum, each) => sum + each.pages, 0);
    const cpu = tree.reduce((sum, each) => sum + this.#cpuOf(each, scan), 0);
    return { cpu, memoryBytes: pages * this.#units.pageBytes, processes: tree.length };
  }

  /** Since the reading before, or where there was none since the process's start. */
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
      // Where the system does not tell, nothing is known.
      this.#newest = undefined;
    }
  }

  #read(name: string): ProcessFacts | undefined {
    try {
      return parseStat(readFileSync(`${this.#root}/${name}/stat`, 'latin1'));
    } catch {
      // It ended since the folder was read.
      return undefined;
    }
  }
}

/** A process with all its descendants; each once, whatever the parents say. */
function treeOf({ processes, children }: Scan, pid: number): ProcessFacts[] {
  const root = processes.get(pid);
  const tree = new Set(root === undefined ? [] : [root]);
  for (const process of tree) {
    for (const child of children.get(process.pid) ?? []) tree.add(child);
  }
  return [...tree];
}

/** In what the kernel counts memory and time. */
function readUnits(): { readonly pageBytes: number; readonly ticksPerSecond: number } {
  const told = new Map<bigint, bigint>();
  try {
    const words = new BigUint64Array(Uint8Array.from(readFileSync('/proc/self/auxv')).buffer);
    for (let at = 0; at + 1 < words.length; at += 2) told.set(words[at] ?? 0n, words[at + 1] ?? 0n);
  } catch {
    // The usual ones are nearly always right.
  }
  return {
    pageBytes: Number(told.get(AT_PAGESZ) ?? 4096n),
    ticksPerSecond: Number(told.get(AT_CLKTCK) ?? 100n),
  };
}
