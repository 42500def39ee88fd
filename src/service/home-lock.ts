import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Disposal } from '../base/disposal.js';
import { RefusedError } from '../base/errors.js';
import { findLockHolder, lockFile, lockFolder } from '../base/held-lock.js';
import type { Home } from '../config/home.js';

/** Built beside the compiled code (scripts/setup.mjs). */
const LOCK = fileURLToPath(new URL('../base/lock', import.meta.url));

/** A process that was ended a moment ago may not have let go of the lock yet. */
const ATTEMPTS = 10;
const PAUSE_MS = 50;

/**
 * Makes this process the only gateway of a home for as long as it lives.
 *
 * @throws RefusedError where there is one.
 */
export async function lockGateway(home: Home, disposal: Disposal): Promise<void> {
  await lockOwn(home.gatewayLock, gatewayTaken, disposal);
}

/**
 * Makes this process the only host of a home for as long as it lives: by a file that others cannot reach,
 * and by the home itself, which is there even where somebody removed what is in it.
 *
 * @throws RefusedError where there is one.
 */
export async function lockHost(home: Home, disposal: Disposal): Promise<void> {
  await lockOwn(home.hostLock, hostTaken, disposal);
  const { isHeld, folder } = await lockFolder(home.root, LOCK);
  if (folder !== undefined) disposal.defer(() => folder.close());
  // Anybody who may read a folder can lock it: only a process of this user with the lock is a host.
  const holder = isHeld ? await findLockHolder(home.root) : undefined;
  if (holder !== undefined) throw hostTaken(holder);
}

/** The process that is the host of a home, also where none of its sockets is there any more. */
export async function findHost(home: Home): Promise<number | undefined> {
  return (await findLockHolder(home.hostLock)) ?? (await findLockHolder(home.root));
}

/** The process that is the gateway of a home, also where its socket is not there any more. */
export function findGateway(home: Home): Promise<number | undefined> {
  return findLockHolder(home.gatewayLock);
}

/** What a second host of one home is told. */
export function hostTaken(pid?: number): RefusedError {
  return new RefusedError('another triad runs the sessions of this home already', {
    hint: seeIt(pid),
  });
}

function gatewayTaken(pid?: number): RefusedError {
  const hint = `${seeIt(pid)}; stop it with: triad down`;
  return new RefusedError('triad is running here already', { hint });
}

function seeIt(pid: number | undefined): string {
  return `see it with: triad status${pid === undefined ? '' : ` (process ${pid})`}`;
}

async function lockOwn(
  path: string,
  taken: (pid?: number) => Error,
  disposal: Disposal,
): Promise<void> {
  let lock = await lockFile(path, LOCK);
  for (let left = ATTEMPTS; lock === undefined && left > 0; left -= 1) {
    await delay(PAUSE_MS);
    lock = await lockFile(path, LOCK);
  }
  if (lock === undefined) throw taken(await findLockHolder(path));
  const held = lock;
  disposal.defer(() => held.close());
}
