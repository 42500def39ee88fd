import { type ChildProcess, spawn } from 'node:child_process';
import { messageOf, systemCode } from './errors.js';
import { visible } from './visible.js';

export interface ProgramRun {
  /** The program and its arguments, run as they stand. */
  readonly argv: readonly string[];
  /** Absolute. */
  readonly cwd: string;
  /** The whole environment. */
  readonly env: Readonly<Record<string, string>>;
  /** What it may read on its standard input. */
  readonly input?: string;
}

const WORDS: Readonly<Record<string, string>> = {
  ENOENT: 'no such program or directory',
  EACCES: 'not permitted',
  E2BIG: 'too many arguments',
};

export type ProgramEnd =
  | { readonly kind: 'exited'; readonly status: number }
  | { readonly kind: 'signalled'; readonly signal: string }
  | { readonly kind: 'not-run'; readonly reason: string };

/**
 * Runs a program in a process group of its own, until it ends or `signal` is aborted; then what is left
 * of the group is killed. What it puts out goes nowhere.
 */
export function runProgram(run: ProgramRun, signal: AbortSignal): Promise<ProgramEnd> {
  return new Promise((resolve) => {
    const notRun = (error: unknown): void => {
      const reason = WORDS[systemCode(error) ?? ''] ?? visible(messageOf(error), 128);
      resolve({ kind: 'not-run', reason });
    };
    if (signal.aborted) return notRun(signal.reason);
    const child = started(run, notRun);
    if (child === undefined) return;
    const kill = (): void => killGroup(child);
    signal.addEventListener('abort', kill, { once: true });
    child.once('error', (error) => {
      signal.removeEventListener('abort', kill);
      notRun(error);
    });
    child.once('exit', (status, by) => {
      signal.removeEventListener('abort', kill);
      kill();
      resolve(
        status === null
          ? { kind: 'signalled', signal: by ?? 'unknown' }
          : { kind: 'exited', status },
      );
    });
  });
}

function started(run: ProgramRun, notRun: (error: unknown) => void): ChildProcess | undefined {
  const [file = '', ...args] = run.argv;
  try {
    const child = spawn(file, args, {
      cwd: run.cwd,
      env: run.env,
      stdio: ['pipe', 'ignore', 'ignore'],
      detached: true,
    });
    // A program need not read what it is given.
    child.stdin.on('error', () => undefined);
    child.stdin.end(run.input);
    return child;
  } catch (error) {
    notRun(error);
    return undefined;
  }
}

function killGroup({ pid }: ChildProcess): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // Nothing of the group is left.
  }
}
