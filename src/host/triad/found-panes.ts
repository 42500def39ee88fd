import type { PaneName } from '../../base/ids.js';
import type { Logger } from '../../log/logger.js';
import type { TmuxServer } from '../tmux/tmux-server.js';
import type { FoundSession } from './found-session.js';
import type { LeftPanes } from './left-panes.js';
import type { Pane } from './pane.js';
import { inPlace, type PaneMender } from './pane-mender.js';
import type { PaneSet } from './pane-set.js';
import type { PaneTroubles } from './pane-troubles.js';
import { readPast } from './past-run.js';
import type { FoundPane, SessionBuilder } from './session-builder.js';

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
  /** Aborted when the panes are led by nobody any more. */
  readonly closing: AbortSignal;
}

export interface FoundPlace {
  readonly sessionId: string;
  readonly found: FoundSession;
  /** Whether it was made by a manager before this one. */
  readonly isAdopted: boolean;
  /** Shown where no command runs. */
  readonly note: string | undefined;
}

/** Leads the panes of a session that was just found or made: those that are there, and those that are missing. */
export class FoundPanes {
  readonly #options: FoundPanesOptions;

  constructor(options: FoundPanesOptions) {
    this.#options = options;
  }

  /** @returns the panes of which an earlier run lives on, which has to end first. */
  async lead(place: FoundPlace): Promise<readonly Pane[]> {
    const { panes, left, builder } = this.#options;
    const { sessionId, found } = place;
    await this.#recall(place);
    const old = await left.oldRuns.find();
    const isHeld = (name: PaneName, each?: FoundPane) => old(inPlace(name, each)).length > 0;
    const held = found.panes.filter((each) => isHeld(each.name, each)).map(({ name }) => name);
    held.push(...found.missing.filter((name) => isHeld(name)));
    for (const name of held) panes.get(name).setTrouble(OLD_RUN);
    await this.#adopt(place, held);
    for (const name of found.missing.filter((each) => !held.includes(each))) {
      await this.#attempt(name, (pane) => this.#make(sessionId, pane));
    }
    if (found.missing.length > 0) await builder.markMade(sessionId);
    return held.map((name) => panes.get(name));
  }

  /** What a pane shows comes after its tap, so that nothing is between the two. */
  async #recall({ sessionId, found, isAdopted }: FoundPlace): Promise<void> {
    const { panes, left, onClosed } = this.#options;
    for (const each of found.panes) {
      if (panes.find(each.name) === undefined) panes.add(each.name, undefined);
      const past = isAdopted && (await readPast(this.#options, sessionId, each));
      if (past) panes.recall(each.name, past);
    }
    if (isAdopted) left.recallClosed(panes, found.closed);
    for (const name of found.closed) onClosed(name);
  }

  async #adopt({ found, note }: FoundPlace, held: readonly PaneName[]): Promise<void> {
    const free = found.panes.filter(({ name }) => !held.includes(name));
    const adopt = (each: FoundPane) => (pane: Pane) => this.#options.mender.adopt(pane, each, note);
    await Promise.all(free.map((each) => this.#attempt(each.name, adopt(each))));
  }

  async #make(sessionId: string, pane: Pane): Promise<void> {
    if (pane.plan === undefined) return;
    const lead = await this.#options.mender.make(sessionId, pane, pane.plan);
    await lead();
  }

  /** What one pane fails at is told, and tried again; the others are led all the same. */
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
