import { setTimeout as pause } from 'node:timers/promises';
import { lock } from 'proper-lockfile';
import { RefusedError, systemCode } from '../../base/errors.js';

/** A killed editor keeps others waiting this long; proper-lockfile accepts no less. */
const STALE_MS = 2000;

/** Long enough for each of a crowd of editors to have a turn, behind one that was killed. */
const MAX_WAIT_MS = 10_000;

/** Mean pause between two tries; each is drawn anew, so that a crowd does not try in step. */
const RETRY_MS = 25;

/**
 * Runs `work` while every other process that edits `path` waits; the file need not be there.
 *
 * Someone who was stopped in the middle for longer than two seconds may have lost the lock unknown
 * to them, so that `work` checks right before its effect that the file is still the one it read.
 *
 * @throws RefusedError when others hold the lock for ten seconds.
 */
export async function withGrantLock<T>(path: string, work: () => Promise<T>): Promise<T> {
  const release = await acquire(path);
  try {
    return await work();
  } finally {
    // This fails when the lock was taken over; the effect is safe then, and the lock not ours to
    // end.
    await release().catch(() => undefined);
  }
}

async function acquire(path: string): Promise<() => Promise<void>> {
  const giveUpAt = performance.now() + MAX_WAIT_MS;
  for (;;) {
    try {
      // The default of onCompromised throws from a timer; the check before the effect is what counts.
      return await lock(path, { realpath: false, stale: STALE_MS, onCompromised: () => undefined });
    } catch (error) {
      if (systemCode(error) !== 'ELOCKED') throw error;
      if (performance.now() > giveUpAt) {
        throw new RefusedError('somebody else is changing the grants', {
          hint: 'try again',
          cause: error,
        });
      }
    }
    await pause(2 * RETRY_MS * Math.random());
  }
}
