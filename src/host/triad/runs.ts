import { basename } from 'node:path';
import {
  argumentsOf,
  isLiving,
  type ProcessFacts,
  processFacts,
  scanProcesses,
  startVariable,
} from '../../base/process-scan.js';
import { OwnSlices } from '../../base/slices.js';

/** The variable that marks a tmux server of ours and all that runs on it: HOME/SESSION. */
export const RUN_VARIABLE = 'TRIAD_RUN';
/** The variable that tells commands the keeper that leads their terminal session (`keeper.cc`). */
const KEEPER_VARIABLE = 'TRIAD_KEEPER';
const PANE_VARIABLE = 'TRIAD_PANE';
/** The name that tmux gives the process of a server (prctl(2), PR_SET_NAME). */
const SERVER_NAME = /^tmux: server/;

/** A keeper with the processes under it, known by their marks and not by a path. */
export interface Run {
  readonly session: string;
  readonly pane: string;
  /** The id of the terminal session, which remains when the keeper is gone. */
  readonly keeperPid: number;
  /** The keeper while it lives. */
  readonly keeper: KeeperProcess | undefined;
  /** All processes of the terminal session but the keeper. */
  readonly processes: readonly ProcessFacts[];
}

export interface KeeperProcess extends ProcessFacts {
  readonly socketPath: string;
}

/** What runs of a home. */
export interface HomeRuns {
  readonly runs: readonly Run[];
  /** The tmux server of each session. */
  readonly servers: ReadonlyMap<string, number>;
  /** All processes that were read. */
  readonly processes: readonly ProcessFacts[];
}

/** Finds all that runs of a home, by its mark in the processes' environment; reads each process once. */
export async function findRuns(home: string): Promise<HomeRuns> {
  const all = await scanProcesses();
  const runs: Run[] = [];
  const slices = new OwnSlices();
  for (const [session, members] of bySession(all)) {
    if (slices.isOver) await slices.next();
    const run = runOf(session, members, home);
    if (run !== undefined) runs.push(run);
  }
  return { runs, servers: serversOf(all, runs, home), processes: all };
}

function bySession(all: readonly ProcessFacts[]): Map<number, ProcessFacts[]> {
  const sessions = new Map<number, ProcessFacts[]>();
  for (const process of all) {
    const members = sessions.get(process.session);
    if (members === undefined) sessions.set(process.session, [process]);
    else members.push(process);
  }
  return sessions;
}

/** Finds the tmux servers that are marked, and those on which keepers of ours run. */
function serversOf(
  all: readonly ProcessFacts[],
  runs: readonly Run[],
  home: string,
): Map<string, number> {
  const servers = new Set(all.filter(isServer).map(({ pid }) => pid));
  const found = new Map<string, number>();
  for (const { session, keeper } of runs) {
    if (keeper !== undefined && servers.has(keeper.parent)) found.set(session, keeper.parent);
  }
  for (const pid of servers) {
    const [marked, session] = markOf(pid) ?? [];
    if (marked === home && session !== undefined) found.set(session, pid);
  }
  return found;
}

function isServer({ name }: ProcessFacts): boolean {
  return SERVER_NAME.test(name);
}

/** Whether a process is a keeper of the pane: somebody may have started another program there. */
export function isKeeperOf(pid: number, pane: string): boolean {
  return isLiving(processFacts(pid)) && keeperWords(pid)?.pane === pane;
}

export function isKeeper(pid: number): boolean {
  return keeperWords(pid) !== undefined;
}

function runOf(session: number, members: readonly ProcessFacts[], home: string): Run | undefined {
  const leader = members.find(({ pid }) => pid === session);
  const processes = members.filter(({ pid }) => pid !== session);
  // A leader that is just ending has no arguments any more: then the processes that it started are asked.
  if (leader !== undefined && hasWords(leader.pid)) return ledRun(leader, processes, home);
  for (const { pid } of processes) {
    const mark = markOfRun(pid);
    if (mark?.home !== home || mark.keeperPid !== session) continue;
    const { pane } = mark;
    return { session: mark.session, pane, keeperPid: session, keeper: undefined, processes };
  }
  return undefined;
}

function ledRun(
  leader: ProcessFacts,
  processes: readonly ProcessFacts[],
  home: string,
): Run | undefined {
  const words = keeperWords(leader.pid);
  if (words === undefined) return undefined;
  const { pane, socketPath } = words;
  const [marked, session] = markOf(leader.pid) ?? [];
  if (marked !== home || session === undefined) return undefined;
  return { session, pane, keeperPid: leader.pid, keeper: { ...leader, socketPath }, processes };
}

function hasWords(pid: number): boolean {
  return argumentsOf(pid).some((word) => word !== '');
}

function keeperWords(
  pid: number,
): { readonly pane: string; readonly socketPath: string } | undefined {
  const [program = '', socketPath = '', pane = '', ...more] = argumentsOf(pid);
  const isKeeper = basename(program) === 'keeper' && basename(socketPath) === `${pane}.keeper`;
  return isKeeper && more.length <= 1 ? { pane, socketPath } : undefined;
}

/** The marks of a process that was started in a pane of any home. */
export function markOfRun(
  pid: number,
): { home: string; session: string; pane: string; keeperPid: number } | undefined {
  const mark = markOf(pid);
  if (mark === undefined) return undefined;
  const [home, session] = mark;
  const pane = startVariable(pid, PANE_VARIABLE) ?? '';
  return { home, session, pane, keeperPid: Number(startVariable(pid, KEEPER_VARIABLE)) };
}

function markOf(pid: number): [string, string] | undefined {
  const [home = '', session = ''] = startVariable(pid, RUN_VARIABLE)?.split('/') ?? [];
  return home === '' ? undefined : [home, session];
}
