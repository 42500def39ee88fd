import { readFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { systemCode, UnavailableError } from './errors.js';
import { findShortage } from './shortage.js';
import { OwnSlices } from './slices.js';

/** What proc(5) tells of a process to its owner. */
export interface ProcessFacts {
  readonly pid: number;
  readonly parent: number;
  /** The name of the program, at most 15 bytes that it can choose itself. */
  readonly name: string;
  readonly group: number;
  /** The process id of its session's leader, which no other process gets while the session has members. */
  readonly session: number;
  /** `R`, `S`, `T`, `Z`, … */
  readonly state: string;
  /**
   * Clock ticks from the machine's start to its own: tells a process from a later one of the same
   * number.
   */
  readonly startedAt: string;
  /** The device number of its terminal; 0 where it has none. */
  readonly terminal: number;
  /** The process group in the foreground of its terminal. */
  readonly foreground: number;
  /** Processor time that it has used, in clock ticks. */
  readonly ticks: number;
  /** Its resident memory in pages. */
  readonly pages: number;
}

/** proc_pid_stat(5); the program's name, which may hold anything, is between the outer brackets. */
export function parseStat(stat: string): ProcessFacts | undefined {
  const [open, close] = [stat.indexOf('('), stat.lastIndexOf(')')];
  const words = stat
    .slice(close + 2)
    .trim()
    .split(' ');
  /** A field by its number in the manual page, from 3 on. */
  const field = (number: number) => Number(words[number - 3]);
  const numbers = {
    ...{ pid: Number.parseInt(stat, 10), parent: field(4), group: field(5), session: field(6) },
    ...{ terminal: field(7), foreground: field(8), ticks: field(14) + field(15), pages: field(24) },
  };
  if (!Object.values(numbers).every(Number.isFinite)) return undefined;
  const [state = ''] = words;
  return { ...numbers, state, name: stat.slice(open + 1, close), startedAt: words[19] ?? '' };
}

/**
 * What a process is; undefined when there is none, or the system does not tell.
 *
 * @throws UnavailableError where that cannot be asked now, which says nothing of the process.
 */
export function processFacts(pid: number): ProcessFacts | undefined {
  try {
    return parseStat(readProcess(pid, 'stat'));
  } catch (error) {
    if (error instanceof UnavailableError) throw error;
    return undefined;
  }
}

/** Whether a process lives; one that has ended and waits for its parent (a zombie) does not. */
export function isLiving(facts: ProcessFacts | undefined): facts is ProcessFacts {
  return facts !== undefined && !'ZX'.includes(facts.state);
}

/** Whether the very process still lives: a later one of its number has another start. */
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

/**
 * Continues a process that somebody stopped. @returns whether it was stopped, and could be
 * continued.
 */
export function continueStopped(pid: number): boolean {
  if (processFacts(pid)?.state !== 'T') return false;
  return signalProcess(pid, 'SIGCONT');
}

/** @returns false when the process is gone, or another user's. */
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
