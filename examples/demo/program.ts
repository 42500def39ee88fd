import { setTimeout as sleep } from 'node:timers/promises';
import { DemoError, reasonOf } from './demo-error.js';
import { readSettings, type Settings } from './settings.js';
import { Terminal } from './terminal.js';

/** What each of the three programs is given. */
export interface Program {
  readonly settings: Settings;
  readonly terminal: Terminal;
}

/** Runs a program; a deliberate error is told in a sentence and its exit status set. */
export async function runProgram(run: (program: Program) => Promise<void>): Promise<void> {
  try {
    const settings = readSettings();
    await run({ settings, terminal: new Terminal(process.stdout, settings.hasColour) });
  } catch (error) {
    if (!(error instanceof DemoError)) throw error;
    const cause = error.cause === undefined ? '' : ` (${reasonOf(error.cause)})`;
    process.stderr.write(`${error.message}${cause}\n`);
    process.exitCode = error.exitCode;
  }
}

/** Ending takes milliseconds; what takes this long will not end by itself. */
const STOP_LIMIT_MS = 5000;

/**
 * Aborts when the program is asked to stop, and kills it if it has not ended in `STOP_LIMIT_MS`.
 *
 * A second signal of the same kind ends the process at once.
 */
export function stopSignal(): AbortSignal {
  const controller = new AbortController();
  const stop = (): void => {
    controller.abort();
    setTimeout(() => process.kill(process.pid, 'SIGKILL'), STOP_LIMIT_MS).unref();
  };
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(name, stop);
  return controller.signal;
}

/** Waits `ms`, or until `stop` aborts; never throws. */
export async function pause(ms: number, stop: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal: stop }).catch(() => undefined);
}
