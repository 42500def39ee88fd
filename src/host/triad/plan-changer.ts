import { messageOf, RefusedError, UnavailableError } from '../../base/errors.js';
import type { PaneName } from '../../base/ids.js';
import type { ReloadChange } from '../../base/reload-report.js';
import type { Logger } from '../../log/logger.js';
import type { Layout } from '../plan/schema.js';
import type { SessionPlan } from '../plan/session-plan.js';
import type { RulesPlan } from '../rules/rule-plan.js';
import type { ConnectKeeper, PaneMender } from './pane-mender.js';
import type { PanePositions } from './pane-positions.js';
import type { PaneSet } from './pane-set.js';
import { planChanges } from './plan-changes.js';
import type { SessionBuilder } from './session-builder.js';

export interface PlanChangerOptions {
  /** The plan that is in force at first. */
  readonly plan: SessionPlan;
  readonly builder: SessionBuilder;
  readonly panes: PaneSet;
  readonly mender: PaneMender;
  readonly positions: PanePositions;
  readonly log: Logger;
  /** Aborted when this host lets go of the session. */
  readonly closing: AbortSignal;
  /** Does one thing after the other to the session's windows. */
  readonly inTurn: (work: () => Promise<void>) => Promise<void>;
  readonly onWindowsChanged: () => void;
}

/**
 * Changes a running session to another plan. What is to be done follows from what is in force, so that
 * the next `apply` does what failed before.
 */
export class PlanChanger {
  readonly #options: PlanChangerOptions;
  #layout: Layout | undefined;
  #rules: RulesPlan;

  constructor(options: PlanChangerOptions) {
    this.#options = options;
    this.#layout = options.plan.layout;
    this.#rules = options.plan.rules;
  }

  /**
   * Applies a plan; only panes whose program is another one are restarted.
   *
   * @throws RefusedError with all that could not be done; the rest is done, unless the host stops.
   */
  async apply(sessionId: string, plan: SessionPlan): Promise<ReloadChange[]> {
    const { builder, panes, inTurn, onWindowsChanged } = this.#options;
    const before = { layout: this.#layout, rules: this.#rules, panes: panes.all };
    const changes = planChanges(before, plan);
    const steps = new Steps(this.#options);
    builder.setPlan(plan);
    this.#rules = plan.rules;
    if (changes.isLayoutChanged) this.#layout = undefined;
    for (const name of changes.removed) {
      await steps.attempt(name, () => this.#remove(sessionId, name));
    }
    steps.requireNotClosing();
    panes.setPlans(plan.panes);
    const connects = new Map<PaneName, ConnectKeeper>();
    await inTurn(() => this.#changeWindows(sessionId, plan, { steps, connects }));
    await Promise.all([...connects].map(([name, connect]) => steps.attempt(name, connect)));
    if (changes.isLayoutChanged) onWindowsChanged();
    const restarts = changes.restarted.map((name) =>
      steps.attempt(name, () => this.#startAnew(name)),
    );
    await Promise.all(restarts);
    steps.requireDone();
    return changes.list;
  }

  async #changeWindows(
    sessionId: string,
    plan: SessionPlan,
    { steps, connects }: { readonly steps: Steps; readonly connects: Map<PaneName, ConnectKeeper> },
  ): Promise<void> {
    const { builder, panes, mender } = this.#options;
    for (const pane of plan.panes.map(({ name }) => panes.get(name))) {
      await steps.attempt(pane.name, async () => {
        const connect = pane.id === null ? await mender.mend(sessionId, pane) : undefined;
        if (connect !== undefined) connects.set(pane.name, connect);
        if (pane.id !== null && pane.plan !== undefined) await builder.retitle(pane.id, pane.plan);
      });
    }
    await steps.attempt('the layout', async () => {
      if (this.#layout === undefined) await builder.arrange(sessionId);
      this.#layout = plan.layout;
      await builder.markMade(sessionId);
    });
  }

  async #remove(sessionId: string, name: PaneName): Promise<void> {
    const { builder, panes, positions, log, inTurn } = this.#options;
    const pane = panes.get(name);
    await pane.stop('it is not configured any more').catch((error: unknown) => {
      log.warn({ error, pane: name }, 'command not ended in order');
    });
    // This takes its turn, so that no repair makes the pane again before it is forgotten.
    await inTurn(async () => {
      const found = (await builder.findPanes(sessionId)).filter((each) => each.name === name);
      for (const { id } of found) await builder.removePane(id);
      panes.remove(name);
      positions.forget(name);
    });
  }

  /** Restarts a pane; where it is being ended, its new program is started anyway. */
  async #startAnew(name: PaneName): Promise<void> {
    const pane = this.#options.panes.get(name);
    if (pane.state !== 'stopping') await pane.restart('its program is another one');
  }
}

type StepsOptions = Pick<PlanChangerOptions, 'log' | 'closing'>;

/** Steps that are all tried, even where others fail. */
class Steps {
  readonly #options: StepsOptions;
  readonly #failures: string[] = [];

  constructor(options: StepsOptions) {
    this.#options = options;
  }

  async attempt(what: string, work: () => Promise<void>): Promise<void> {
    this.requireNotClosing();
    try {
      await work();
    } catch (error) {
      this.#options.log.error({ error, what }, 'plan not applied');
      this.#failures.push(`${what}: ${messageOf(error)}`);
    }
  }

  /** @throws UnavailableError when the host has let go of the session. */
  requireNotClosing(): void {
    if (this.#options.closing.aborted) throw new UnavailableError('the host is stopping');
  }

  requireDone(): void {
    if (this.#failures.length > 0) throw new RefusedError(this.#failures.join('; '));
  }
}
