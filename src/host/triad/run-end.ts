import { setTimeout as delay } from 'node:timers/promises';
import { withDeadline } from '../../base/deadline.js';
import { UnavailableError } from '../../base/errors.js';
import {
  continueStopped,
  livesOn,
  type ProcessFacts,
  scanProcesses,
  signalProcess,
} from '../../base/process-scan.js';
import { KeeperConnection } from '../keeper/keeper-connection.js';
import type { KeeperState } from '../keeper/keeper-protocol.js';
import type { PanePolicy } from '../plan/session-plan.js';
import { askToListen } from './process-facts.js';
import type { KeeperProcess, Run } from './runs.js';

/** After SIGKILL only the kernel can hold a process. */
const KILL_LIMIT_MS = 5_000;
const POLL_MS = 50;
/** A keeper that is there answers at once. */
const CONNECT_LIMIT_MS = 500;

/** Nothing may be started beside it. */
export class StillRunsError extends UnavailableError {
  override name = 'StillRunsError';
}

/**
 * Ends what is left of a run as the policy says, and its keeper with it.
 *
 * @param keeper connected with its keeper, where that could be done (`followKeeper`).
 * @returns the last word of its keeper; undefined where there is none.
 * @throws UnavailableError when a process of it cannot be ended: it is never taken for dead.
 */
export async function endRun(
  run: Run,
  stop: PanePolicy['stop'],
  keeper: KeeperConnection | undefined,
): Promise<KeeperState | undefined> {
  if (run.keeper !== undefined) continueStopped(run.keeper.pid);
  if (!(await hasEnded(run, stop.signal, stop.graceMs))) {
    if (!(await hasEnded(run, 'SIGKILL', KILL_LIMIT_MS))) throw await stillRuns(run);
  }
  if (run.keeper !== undefined) await endKeeper(run.keeper);
  if (keeper === undefined) return undefined;
  // Its last word is there: it has ended.
  await withDeadline(keeper.closed, CONNECT_LIMIT_MS, 'the last word of a keeper').catch(
    () => undefined,
  );
  return keeper.state;
}

/**
 * Connects with the keeper of a run whose pane is gone: it alone knows how its command will have ended.
 * Only while no other keeper is in its place, which would lose its socket to it.
 */
export async function followKeeper(run: Run): Promise<KeeperConnection | undefined> {
  if (run.keeper === undefined || !askToListen(run.keeper.pid)) return undefined;
  const { socketPath } = run.keeper;
  const connection = await findKeeper(socketPath);
  if (connection === undefined || isOf(connection.state, run)) return connection;
  connection.close();
  return undefined;
}

/** Connects with the keeper that listens there; undefined where none answers. */
export function findKeeper(socketPath: string): Promise<KeeperConnection | undefined> {
  const connecting = KeeperConnection.connect({ socketPath, deadlineMs: CONNECT_LIMIT_MS });
  return connecting.catch(() => undefined);
}

/** Another keeper may listen there that was faster. */
function isOf({ starts, pid: running }: KeeperState, { processes }: Run): boolean {
  return starts > 0 && (running === null || processes.some(({ pid }) => pid === running));
}

/** Sends the signal to every group of the run; @returns whether all have ended within the limit. */
async function hasEnded(run: Run, signal: NodeJS.Signals, limitMs: number): Promise<boolean> {
  const giveUpAt = performance.now() + limitMs;
  const signalled = new Set<number>();
  let left = await membersOf(run);
  while (left.length > 0) {
    for (const { group } of left) {
      if (signalled.has(group)) continue;
      signalled.add(group);
      signalProcess(-group, signal);
      signalProcess(-group, 'SIGCONT');
    }
    while (left.some(livesOn)) {
      if (performance.now() > giveUpAt) return false;
      await delay(POLL_MS);
    }
    // What it has started meanwhile.
    left = performance.now() > giveUpAt ? [] : await membersOf(run);
  }
  return (await membersOf(run)).length === 0;
}

/** Those of its terminal session, whose number nobody else gets as long as it has members. */
async function membersOf({ keeperPid, keeper, processes }: Run): Promise<ProcessFacts[]> {
  if (keeper === undefined && !processes.some(livesOn)) return [];
  return (await scanProcesses()).filter(
    ({ session, pid }) => session === keeperPid && pid !== keeperPid,
  );
}

/** Its pane is gone, and it ends with it; or it is still there, on a server that nobody uses. */
async function endKeeper(keeper: KeeperProcess): Promise<void> {
  const killAt = performance.now() + CONNECT_LIMIT_MS;
  while (livesOn(keeper)) {
    if (performance.now() > killAt) signalProcess(keeper.pid, 'SIGKILL');
    await delay(POLL_MS);
    if (performance.now() > killAt + KILL_LIMIT_MS) {
      throw new UnavailableError(
        `a keeper of an earlier start (process ${keeper.pid}) cannot be ended`,
      );
    }
  }
}

async function stillRuns(run: Run): Promise<StillRunsError> {
  const pids = (await membersOf(run)).map(({ pid }) => pid).join(', ');
  return new StillRunsError(
    `an earlier run of ${run.pane} cannot be ended, and it is not started beside it: process ${pids}`,
    { hint: `end it yourself; ${run.pane} is started then` },
  );
}
