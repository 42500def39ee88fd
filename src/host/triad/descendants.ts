import { isName, type PaneName, paneName, type SessionName } from '../../base/ids.js';
import { type LeftBehind, MAX_NAMED_PROCESSES } from '../../base/pane.js';
import { argumentsOf, livesOn, type ProcessFacts } from '../../base/process-scan.js';
import { OwnSlices } from '../../base/slices.js';
import { visible } from '../../base/visible.js';
import { findRuns, markOfRun, type Run } from './runs.js';

const MAX_COMMAND_CHARACTERS = 60;

/** Counts the processes that still live, and names the first of them. */
export function describeLeft(left: readonly ProcessFacts[]): LeftBehind {
  const living = left.filter(livesOn);
  const named = living.slice(0, MAX_NAMED_PROCESSES);
  const processes = named.map((process) => ({ pid: process.pid, command: commandOf(process) }));
  return { count: living.length, processes };
}

/** The beginning of a process's command line, or its name in brackets, as `ps` does it. */
export function commandOf({ pid, name }: Pick<ProcessFacts, 'pid' | 'name'>): string {
  const words = argumentsOf(pid).join(' ').trim();
  return visible(words === '' ? `[${name}]` : words, MAX_COMMAND_CHARACTERS);
}

interface Descendant {
  readonly process: ProcessFacts;
  /** The child of the keeper from which the process descends, or which it is. */
  readonly root: ProcessFacts;
}

/** The processes of a pane other than its keepers. */
export interface Found {
  readonly ofKeeper: Descendant[];
  /** The processes that keepers left which are gone. */
  readonly others: ProcessFacts[];
  keepers: number;
}

/**
 * Finds what descends from the commands of a session. Keepers adopt what their commands leave (prctl(2),
 * PR_SET_CHILD_SUBREAPER); where the keeper is gone, the marks in the environment tell the pane.
 */
export async function findDescendants(
  homeMark: string,
  session: SessionName,
): Promise<Map<PaneName, Found>> {
  const { runs, processes } = await findRuns(homeMark);
  const found = new Map<PaneName, Found>();
  const own = runs.filter((run) => run.session === session && isName(run.pane));
  const keepers = keepersOf(own);
  for (const pane of keepers.values()) foundOf(found, pane).keepers += 1;
  // Runs without a keeper are ended before anything is started in their pane.
  const beingEnded = new Set(own.flatMap((run) => (run.keeper ? [] : run.processes)));
  const byPid = new Map(processes.map((process) => [process.pid, process]));
  const slices = new OwnSlices();
  for (const process of processes) {
    if (slices.isOver) await slices.next();
    if (keepers.has(process.pid) || beingEnded.has(process)) continue;
    const root = rootOf(process, byPid, keepers);
    const pane = keepers.get(root.parent);
    if (pane !== undefined) foundOf(found, pane).ofKeeper.push({ process, root });
    else {
      const mark = markOfRun(process.pid);
      // A process whose parent has just ended is being adopted: the next look finds it under its keeper.
      const isLeft = mark?.home === homeMark && !keepers.has(mark.keeperPid);
      if (!isLeft || mark.session !== session || !isName(mark.pane)) continue;
      foundOf(found, mark.pane).others.push(process);
    }
  }
  return found;
}

function keepersOf(runs: readonly Run[]): Map<number, string> {
  const keepers = runs.flatMap(({ keeper, pane }) =>
    keeper === undefined ? [] : [{ keeper, pane }],
  );
  return new Map(keepers.map(({ keeper, pane }) => [keeper.pid, pane]));
}

function foundOf(found: Map<PaneName, Found>, pane: string): Found {
  const name = paneName(pane);
  const all = found.get(name) ?? { ofKeeper: [], others: [], keepers: 0 };
  found.set(name, all);
  return all;
}

/** The ancestor whose parent is a keeper, or else the oldest one that was read. */
function rootOf(
  process: ProcessFacts,
  byPid: ReadonlyMap<number, ProcessFacts>,
  keepers: ReadonlyMap<number, string>,
): ProcessFacts {
  let root = process;
  // Process ids that were reused while all were read could form a loop.
  for (let depth = 0; depth < byPid.size && !keepers.has(root.parent); depth += 1) {
    const parent = byPid.get(root.parent);
    if (parent === undefined) return root;
    root = parent;
  }
  return root;
}
