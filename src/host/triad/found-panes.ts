import type { PaneName } from '../../base/ids.js';
import { visible } from '../../base/visible.js';
import type { Logger } from '../../log/logger.js';
import type { SessionPlan } from '../plan/session-plan.js';
import type { PastOutput } from '../tap/pane-output.js';
import { readShown, type ShownLines } from '../tmux/pane-text.js';
import type { TmuxServer } from '../tmux/tmux-server.js';
import type { LeftPanes } from './left-panes.js';
import type { Pane } from './pane.js';
import { oldRunsOf, type PaneMender } from './pane-mender.js';
import type { PaneSet } from './pane-set.js';
import type { PaneTroubles } from './pane-troubles.js';
import { type FoundPane, programMark, type SessionBuilder } from './session-builder.js';

const OLD_RUN = 'waits until an earlier run of it has ended';

export interface FoundPanesOptions {
  readonly panes: PaneSet;
  readonly builder: SessionBuilder;
  readonly mender: PaneMender;
  readonly left: LeftPanes;
  readonly troubles: PaneTroubles;
  readonly server: TmuxServer;
  readonly log: Logger;
  readonly onClosed: (pane: PaneName) => void;
  /** Aborted when this host lets go of the panes. */
  readonly closing: AbortSignal;
}

export interface Takeover {
  readonly sessionId: string;
  readonly found: FoundSession;
  /** Whether the session was made by a manager before this one. */
  readonly isAdopted: boolean;
  /** The line that is shown in panes where no command runs. */
  readonly note: string | undefined;
}

/** Takes over the panes of a session that was just found or made, and makes those that are missing. */
export class FoundPanes {
  readonly #options: FoundPanesOptions;

  constructor(options: FoundPanesOptions) {
    this.#options = options;
  }

  /** @returns the panes of which an earlier run lives on; it has to end before they are taken over. */
  async lead(takeover: Takeover): Promise<readonly Pane[]> {
    const { panes, left, builder } = this.#options;
    const { sessionId, found } = takeover;
    await this.#recall(takeover);
    const old = await left.oldRuns.find();
    const isHeld = (name: PaneName, each?: FoundPane) => old(oldRunsOf(name, each)).length > 0;
    const held = found.panes.filter((each) => isHeld(each.name, each)).map(({ name }) => name);
    held.push(...found.missing.filter((name) => isHeld(name)));
    for (const name of held) panes.get(name).setTrouble(OLD_RUN);
    await this.#adopt(takeover, held);
    for (const name of found.missing.filter((each) => !held.includes(each))) {
      await this.#attempt(name, (pane) => this.#make(sessionId, pane));
    }
    if (found.missing.length > 0) await builder.markMade(sessionId);
    return held.map((name) => panes.get(name));
  }

  /** Reads what panes show; their taps are there before, so that no output falls between the two. */
  async #recall({ sessionId, found, isAdopted }: Takeover): Promise<void> {
    const { panes, left, onClosed } = this.#options;
    for (const each of found.panes) {
      if (panes.find(each.name) === undefined) panes.add(each.name, undefined);
      const past = isAdopted && (await readPast(this.#options, sessionId, each));
      if (past) panes.recall(each.name, past);
    }
    if (isAdopted) left.recallClosed(panes, found.closed);
    for (const name of found.closed) onClosed(name);
  }

  async #adopt({ found, note }: Takeover, held: readonly PaneName[]): Promise<void> {
    const free = found.panes.filter(({ name }) => !held.includes(name));
    const adopt = (each: FoundPane) => (pane: Pane) => this.#options.mender.adopt(pane, each, note);
    await Promise.all(free.map((each) => this.#attempt(each.name, adopt(each))));
  }

  async #make(sessionId: string, pane: Pane): Promise<void> {
    if (pane.plan === undefined) return;
    const connect = await this.#options.mender.make(sessionId, pane, pane.plan);
    await connect();
  }

  /** Tells when `work` fails for a pane, which is tried again later; the other panes go on. */
  async #attempt(name: PaneName, work: (pane: Pane) => Promise<void>): Promise<void> {
    const { panes, troubles, closing } = this.#options;
    const pane = panes.get(name);
    try {
      await work(pane);
    } catch (error) {
      if (closing.aborted) throw error;
      troubles.unreachable(pane, error);
    }
  }
}

/** The beginning of the line that a keeper prints when its command has ended (`keeper.cc`). */
const endOf = (name: string) => `[triad: ${name} `;
const ENDED = ['exited', 'failed', 'stopped', 'backoff'];

/**
 * The lines that the last run of a pane's command has printed, of those that the pane shows. Of its
 * question only what the manager before has told counts: behind that may be what somebody typed.
 */
export function ofLastRun({ lines, isOpen }: ShownLines, found: FoundPane): PastOutput {
  const ends = lines.flatMap((line, at) => (line.startsWith(endOf(found.name)) ? [at] : []));
  const hasEnded = found.memory !== undefined && ENDED.includes(found.memory.state);
  const [before = -1, end = lines.length] = hasEnded
    ? [ends.at(-2), ends.at(-1)]
    : [ends.at(-1), undefined];
  const own = lines.slice(before + 1, end);
  const asked = found.memory?.question ?? '';
  const printed = visible((own.at(-1) ?? '').trim()).startsWith(asked) ? asked : '';
  return { lines: own, isOpen: isOpen && end === lines.length, printed, shown: lines };
}

/** Asks tmux what the last run in a pane has printed; undefined, and logged, where it does not answer. */
async function readPast(
  { server, log }: { readonly server: TmuxServer; readonly log: Logger },
  sessionId: string,
  found: FoundPane,
): Promise<PastOutput | undefined> {
  try {
    return ofLastRun(await readShown(server, { sessionId, id: found.id }), found);
  } catch (error) {
    log.warn({ error, pane: found.name }, 'what a pane shows is not known');
    return undefined;
  }
}

/** A session as it was found, compared with its plan. */
export interface FoundSession {
  readonly panes: readonly FoundPane[];
  /** The panes to make; none where the session has no pane of the plan, since it is left as it is then. */
  readonly missing: readonly PaneName[];
  /** The missing panes that had been made: somebody closed them. */
  readonly closed: readonly PaneName[];
  /** The panes that are not as planned, not planned at all, or planned but not to be made. */
  readonly different: readonly PaneName[];
}

/** @param made are the names of the panes that the session was made with. */
export function compareSession(
  plan: SessionPlan,
  panes: readonly FoundPane[],
  made: readonly string[],
): FoundSession {
  const planned = new Map(plan.panes.map(({ name, program }) => [name, programMark(program)]));
  const there = new Map(panes.map((pane) => [pane.name, pane.programMark]));
  const missing = [...planned.keys()].filter((name) => !there.has(name));
  const closed = missing.filter((name) => made.includes(name));
  const isOther = missing.length === planned.size && closed.length === 0;
  const all = new Set([...planned.keys(), ...there.keys()]);
  const isOtherThanPlanned = (name: PaneName) =>
    there.has(name) ? there.get(name) !== planned.get(name) : isOther;
  return {
    ...{ panes, missing: isOther ? [] : missing, closed },
    different: [...all].filter(isOtherThanPlanned),
  };
}

export async function findSession(
  builder: SessionBuilder,
  sessionId: string,
  plan: SessionPlan,
): Promise<FoundSession> {
  const panes = await builder.findPanes(sessionId);
  return compareSession(plan, panes, await builder.madeNames(sessionId));
}
