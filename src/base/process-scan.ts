import { readFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { systemCode, UnavailableError } from './errors.js';
import { findShortage } from './shortage.js';
import { OwnSlices } from './slices.js';

/** What proc(5) tells of a process to its owner. */
export interface ProcessFacts {
  readonly pid: number;
  readonly parent: number;
  /** Its name, at most 15 bytes that it chooses itself. */
  readonly name: string;
  readonly group: number;
  /** The process id of its session's leader, which no other process gets while the session has members. */
  readonly session: number;
  /** `R`, `S`, `T`, `Z`, … */
  readonly state: string;
  /** In clock ticks since the machine came up: tells a process from a later one of its number. */
  readonly startedAt: string;
}

/**
 * What a process is; undefined when there is none, or the system does not tell.
 *
 * @throws UnavailableError where that cannot be asked now, which says nothing of the process.
 */
export function processFacts(pid: number): ProcessFacts | undefined {
  try {
    const stat = readProcess(pid, 'stat');
    const fields = stat.slice(stat.lastIndexOf(') ') + 2).split(' ');
    const [state = '', parent, group, session] = fields;
    return {
      ...{ pid, state, parent: Number(parent), group: Number(group), session: Number(session) },
      name: stat.slice(stat.indexOf('(') + 1, stat.lastIndexOf(') ')),
      startedAt: fields[19] ?? '',
    };
  } catch (error) {
    if (error instanceof UnavailableError) throw error;
    return undefined;
  }
}

/** Whether a process runs, or still could: what has ended and waits to be counted does not. */
export function isLiving(facts: ProcessFacts | undefined): facts is ProcessFacts {
  return facts !== undefined && !'ZX'.includes(facts.state);
}

/** Whether it is still there and lives: a later process of its number is another one. */
export function livesOn({ pid, startedAt }: Pick<ProcessFacts, 'pid' | 'startedAt'>): boolean {
  const now = processFacts(pid);
  return isLiving(now) && now.startedAt === startedAt;
}

/** All living processes, read in slices of time. */
export async function scanProcesses(): Promise<ProcessFacts[]> {
  const found: ProcessFacts[] = [];
  const slices = new OwnSlices();
  for (const name of await readdir('/proc')) {
    if (slices.isOver) await slices.next();
    const facts = /^\d+$/.test(name) ? processFacts(Number(name)) : undefined;
    if (isLiving(facts)) found.push(facts);
  }
  return found;
}

/** Continues a process that somebody stopped; @returns whether it was. */
export function continueStopped(pid: number): boolean {
  if (processFacts(pid)?.state !== 'T') return false;
  return signalProcess(pid, 'SIGCONT');
}

/** @returns false when it is gone, or another user's. */
export function signalProcess(pid: number, signal: NodeJS.Signals): boolean {
  try {
    process.kill(pid, signal);
    return true;
  } catch (error) {
    const code = systemCode(error);
    if (code === 'ESRCH' || code === 'EPERM') return false;
    throw error;
  }
}

/** The words of a process's command line; none where the system does not tell. */
export function argumentsOf(pid: number): string[] {
  return readWords(pid, 'cmdline');
}

/** A variable of the environment that a process was started with. */
export function startVariable(pid: number, name: string): string | undefined {
  const start = `${name}=`;
  const pair = readWords(pid, 'environ').find((each) => each.startsWith(start));
  return pair?.slice(start.length);
}

function readWords(pid: number, file: 'cmdline' | 'environ'): string[] {
  try {
    return Buffer.from(readProcess(pid, file), 'latin1').toString().split('\0');
  } catch (error) {
    if (error instanceof UnavailableError) throw error;
    return [];
  }
}

/** A file of proc(5), each byte a character. @throws UnavailableError where that cannot be asked now. */
export function readProcess(pid: number, file: 'stat' | 'status' | 'cmdline' | 'environ'): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'latin1');
  } catch (error) {
    const words = findShortage(error)?.words;
    if (words !== undefined) throw new UnavailableError(words, { cause: error });
    throw error;
  }
}
