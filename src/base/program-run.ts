import type { ChildProcess } from 'node:child_process';
import { type ProgramSurroundings, startProcess } from './child-process.js';
import { messageOf } from './errors.js';
import { findShortage } from './shortage.js';
import { visible } from './visible.js';

export interface ProgramRun extends ProgramSurroundings {
  /** The program and its arguments, run as they stand. */
  readonly argv: readonly string[];
  /** What the program may read on its standard input. */
  readonly input?: string;
}

export type ProgramEnd =
  | { readonly kind: 'exited'; readonly status: number }
  | { readonly kind: 'signalled'; readonly signal: string }
  | {
      readonly kind: 'not-run';
      readonly reason: string;
      /** Set where the machine has run out of something, which says nothing of the program. */
      readonly isShortage: boolean;
    };

/**
 * Runs a program in a process group of its own, until it ends or `signal` is aborted; then what is left
 * of the group is killed. What it puts out goes nowhere.
 */
export async function runProgram(run: ProgramRun, signal: AbortSignal): Promise<ProgramEnd> {
  if (signal.aborted) return notRun(signal.reason);
  try {
    const child = await startProcess(run.argv, { cwd: run.cwd, env: run.env });
    // A program need not read what it is given.
    child.stdin.on('error', () => undefined);
    child.stdin.end(run.input);
    return await endOf(child, signal);
  } catch (error) {
    return notRun(error);
  }
}

function endOf(child: ChildProcess, signal: AbortSignal): Promise<ProgramEnd> {
  return new Promise((resolve) => {
    const kill = (): void => killGroup(child);
    signal.addEventListener('abort', kill, { once: true });
    if (signal.aborted) kill();
    child.once('exit', (status, by) => {
      signal.removeEventListener('abort', kill);
      kill();
      if (status === null) resolve({ kind: 'signalled', signal: by ?? 'unknown' });
      else resolve({ kind: 'exited', status });
    });
  });
}

function notRun(error: unknown): ProgramEnd {
  const isShortage = findShortage(error) !== undefined;
  return { kind: 'not-run', reason: visible(messageOf(error), 128), isShortage };
}

function killGroup({ pid }: ChildProcess): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // No process of the group is left.
  }
}
