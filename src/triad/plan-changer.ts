import type { PaneName } from '../base/ids.js';
import type { ReloadChange } from '../link/host-link.js';
import type { Logger } from '../log/logger.js';
import type { Pane } from './pane.js';
import type { PaneMender } from './pane-mender.js';
import type { PaneSet } from './pane-set.js';
import { type PlanChanges, planChanges } from './plan-changes.js';
import type { SessionBuilder } from './session-builder.js';
import type { SessionPlan } from './session-plan.js';
import type { WindowPlaces } from './window-places.js';

export interface PlanChangerOptions {
  readonly builder: SessionBuilder;
  readonly panes: PaneSet;
  readonly mender: PaneMender;
  readonly places: WindowPlaces;
  readonly log: Logger;
  /** Does one thing after the other to the session's windows. */
  readonly inTurn: (work: () => Promise<void>) => Promise<void>;
  readonly onWindowsChanged: () => void;
}

/** Makes a running session what another plan says. */
export class PlanChanger {
  readonly #options: PlanChangerOptions;

  constructor(options: PlanChangerOptions) {
    this.#options = options;
  }

  /** Only what is another program is started anew. */
  async apply(sessionId: string, before: SessionPlan, after: SessionPlan): Promise<ReloadChange[]> {
    const { builder, panes, inTurn, onWindowsChanged } = this.#options;
    const changes = planChanges(before, after);
    builder.setPlan(after);
    for (const name of changes.removed) await this.#remove(name);
    panes.setPlans(after.panes);
    await inTurn(() => this.#changeWindows(sessionId, changes));
    if (changes.isLayoutChanged) onWindowsChanged();
    const restarted = changes.restarted.map((name) => panes.get(name)).filter(({ isUp }) => isUp);
    await Promise.all(restarted.map((pane) => pane.restart('its program is another one')));
    return changes.list;
  }

  async #changeWindows(sessionId: string, changes: PlanChanges): Promise<void> {
    const { builder, panes, mender } = this.#options;
    for (const name of changes.added) await mender.make(sessionId, panes.get(name));
    for (const name of changes.kept) await this.#retitle(panes.get(name));
    if (changes.isLayoutChanged) await builder.arrange(sessionId);
    await builder.markMade(sessionId);
  }

  async #remove(name: PaneName): Promise<void> {
    const { builder, panes, places, log } = this.#options;
    const pane = panes.get(name);
    await pane.stop('it is not configured any more').catch((error: unknown) => {
      log.warn({ error, pane: name }, 'command not ended in order');
    });
    const { id } = pane;
    panes.remove(name);
    places.forget(name);
    if (id !== null) await builder.removePane(id);
  }

  async #retitle({ id, plan }: Pane): Promise<void> {
    if (id !== null && plan !== undefined) await this.#options.builder.retitle(id, plan);
  }
}
