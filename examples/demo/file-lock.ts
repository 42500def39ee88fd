import { spawnSync } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { DemoError } from './demo-error.js';

/** flock(1) exits with this when another process has the lock. */
const EXIT_TAKEN = 1;

/**
 * Takes the lock on `path` for as long as this process lives, or until the result is called.
 *
 * The lock is the kernel's (flock(2)), so a killed process leaves none behind. It belongs to the
 * open file, not to the process that asked for it: flock(1) may ask on our behalf and end.
 *
 * @returns `undefined` where another process has it.
 */
export function tryLock(path: string): (() => void) | undefined {
  const fd = openSync(path, 'a', 0o600);
  const { status, error } = spawnSync('flock', ['--nonblock', '--exclusive', '3'], {
    stdio: ['ignore', 'ignore', 'ignore', fd],
  });
  if (status === 0) return () => closeSync(fd);
  closeSync(fd);
  if (status === EXIT_TAKEN) return undefined;
  throw new DemoError(`cannot lock ${path} with flock(1) of util-linux`, { cause: error });
}
