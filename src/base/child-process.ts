import { type ChildProcess, type ChildProcessByStdio, spawn } from 'node:child_process';
import { constants } from 'node:os';
import type { Readable, Writable } from 'node:stream';
import { messageOf, systemCode, UnavailableError } from './errors.js';
import type { Part } from './part.js';
import { findShortage } from './shortage.js';
import { visible } from './visible.js';

const WORDS: Readonly<Record<string, string>> = {
  ENOENT: 'no such program or directory',
  EACCES: 'not permitted',
  E2BIG: 'too many arguments',
};

/** Where and with what a program is run. */
export interface ProgramSurroundings {
  /** The absolute path of the working directory. */
  readonly cwd: string;
  /** The whole environment. */
  readonly env: Readonly<Record<string, string>>;
}

/** A program that runs, in a process group of its own; what it writes to standard error goes nowhere. */
export type StartedProcess<Out extends Readable | null> = ChildProcessByStdio<Writable, Out, null>;

/**
 * Starts a program whose output is not wanted. What the system refuses is one error, in whichever of
 * its three ways Node.js tells it: thrown, as an event, or by pipes that are not there.
 *
 * @throws UnavailableError that says why it could not be started.
 */
export function startProcess(
  [file = '', ...args]: readonly string[],
  surroundings: ProgramSurroundings,
): Promise<StartedProcess<null>> {
  return started(() =>
    spawn(file, args, { ...surroundings, detached: true, stdio: ['pipe', 'ignore', 'ignore'] }),
  );
}

/** As `startProcess`, with the program's output in a pipe. */
export function startPiped(
  [file = '', ...args]: readonly string[],
  surroundings: ProgramSurroundings,
): Promise<StartedProcess<Readable>> {
  return started(() =>
    spawn(file, args, { ...surroundings, detached: true, stdio: ['pipe', 'pipe', 'ignore'] }),
  );
}

/**
 * Starts a program with our own environment and folder, in a session of its own (setsid(2)); both
 * its outputs are in pipes.
 */
export function startInBackground([file = '', ...args]: readonly string[]): Promise<
  ChildProcessByStdio<null, Readable, Readable>
> {
  return started(() => spawn(file, args, { detached: true, stdio: ['ignore', 'pipe', 'pipe'] }));
}

/** Starts a program that gets an open file of ours as its descriptor 3, and no environment. */
export function startOn(file: string, fd: number): Promise<ChildProcess> {
  return started(() => spawn(file, { env: {}, stdio: ['ignore', 'ignore', 'ignore', fd] }));
}

async function started<Child extends ChildProcess>(start: () => Child): Promise<Child> {
  try {
    const child = start();
    if (child.pid !== undefined) return child;
    throw await new Promise((resolve) => child.once('error', resolve));
  } catch (error) {
    PROCESS_STARTS.note(error);
    throw new UnavailableError(reasonOf(error), { cause: error });
  }
}

function reasonOf(error: unknown): string {
  const words = findShortage(error)?.words ?? WORDS[systemCode(error) ?? ''];
  return words ?? visible(messageOf(error), 128);
}

/**
 * Whether this process can start others. Where it cannot, the fault is shown, and a start is tried
 * until one works.
 */
class ProcessStarts implements Part {
  readonly name = 'starts of processes';
  readonly remedy = 'done';
  #isShort = false;

  /**
   * Notes why a start has failed; only a want of processes or memory says something of further
   * starts.
   */
  note(error: unknown): void {
    if (['EAGAIN', 'ENOMEM'].includes(systemCode(error) ?? '')) this.suspect();
  }

  /**
   * Notes a failed start that does not say why, as of forkpty(3): the next check tries one to find
   * out.
   */
  suspect(): void {
    this.#isShort = true;
  }

  findFault(): string | undefined {
    return this.#isShort ? 'fail' : undefined;
  }

  async makeAgain(): Promise<void> {
    const child = await startProcess(['/bin/sh', '-c', ':'], { cwd: '/', env: {} });
    child.stdin.end();
    this.#isShort = false;
  }
}

/** The one for this process. */
export const PROCESS_STARTS = new ProcessStarts();

/** `SIGKILL` for 9; a number the system has no name for as `SIG64`. */
export function signalName(signal: number): string {
  const entry = Object.entries(constants.signals).find(([, number]) => number === signal);
  return entry?.[0] ?? `SIG${signal}`;
}
