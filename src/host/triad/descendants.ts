import { isName, type PaneName, paneName, type SessionName } from '../../base/ids.js';
import { type LeftBehind, MAX_NAMED_PROCESSES } from '../../base/pane.js';
import { argumentsOf, livesOn, type ProcessFacts } from '../../base/process-scan.js';
import { OwnSlices } from '../../base/slices.js';
import { visible } from '../../base/visible.js';
import { findRuns, markOfRun, type Run } from './runs.js';

const MAX_COMMAND_CHARACTERS = 60;

/** What lives of them, the first by name. */
export function describeLeft(left: readonly ProcessFacts[]): LeftBehind {
  const living = left.filter(livesOn);
  const processes = living.slice(0, MAX_NAMED_PROCESSES).map(({ pid, name }) => {
    const words = argumentsOf(pid).join(' ').trim();
    const command = words === '' ? `[${name}]` : words;
    return { pid, command: visible(command, MAX_COMMAND_CHARACTERS) };
  });
  return { count: living.length, processes };
}

interface Descendant {
  readonly process: ProcessFacts;
  /** Its ancestor, or itself, that is a child of the keeper. */
  readonly root: ProcessFacts;
}

/** What of a pane lives beside its keepers. */
export interface Found {
  readonly ofKeeper: Descendant[];
  /** What keepers that are gone have left. */
  readonly others: ProcessFacts[];
  keepers: number;
}

/** Keepers adopt what their commands leave (prctl(2), PR_SET_CHILD_SUBREAPER); without one, the marks tell. */
export async function findDescendants(
  homeMark: string,
  session: SessionName,
): Promise<Map<PaneName, Found>> {
  const { runs, processes } = await findRuns(homeMark);
  const found = new Map<PaneName, Found>();
  const own = runs.filter((run) => run.session === session && isName(run.pane));
  const keepers = keepersOf(own);
  for (const pane of keepers.values()) foundOf(found, pane).keepers += 1;
  // Those are ended before anything is started in their pane.
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
      // Whose parent has just ended is adopted: the next look finds its keeper.
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

/** The ancestor whose parent is a keeper, or the last that is there. */
function rootOf(
  process: ProcessFacts,
  byPid: ReadonlyMap<number, ProcessFacts>,
  keepers: ReadonlyMap<number, string>,
): ProcessFacts {
  let root = process;
  // Numbers that were given anew while all were read could make a circle.
  for (let depth = 0; depth < byPid.size && !keepers.has(root.parent); depth += 1) {
    const parent = byPid.get(root.parent);
    if (parent === undefined) return root;
    root = parent;
  }
  return root;
}
