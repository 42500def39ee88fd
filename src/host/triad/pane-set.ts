import { UnavailableError } from '../../base/errors.js';
import type { EventKind, NewHostEvent } from '../../base/host-event.js';
import type { PaneName } from '../../base/ids.js';
import type { PaneDescription } from '../../base/pane.js';
import type { PanePlan } from '../plan/session-plan.js';
import { describeWait, inStartOrder, isMet } from '../plan/start-order.js';
import type { PastOutput } from '../tap/pane-output.js';
import { AwaitedLines } from './awaited-lines.js';
import { describeExit } from './command-exit.js';
import { LeftProcesses, type LeftProcessesOptions } from './left-processes.js';
import { Pane } from './pane.js';
import type { LifeChange } from './pane-life.js';
import { memoryFacts } from './pane-memory.js';
import type { PaneSurroundings } from './pane-options.js';
import { isSame } from './plan-changes.js';
import type { PaneMemory } from './schema.js';

export interface PaneSetOptions
  extends PaneSurroundings,
    Pick<LeftProcessesOptions, 'homeMark' | 'session'> {
  readonly plans: readonly PanePlan[];
  /** Puts an event on record and returns its number; never throws. */
  readonly record: (event: NewHostEvent) => number;
  readonly onRemember: (pane: Pane, memory: PaneMemory) => void;
  /** Called when a keeper is gone: somebody closed the pane, or killed the keeper. */
  readonly onKeeperLost: (pane: Pane) => void;
  /** Called when what people are shown of a pane has changed. */
  readonly onPaneChanged: (pane: PaneDescription) => void;
}

/** The panes of a session and the order in which they are started and ended. */
export class PaneSet {
  readonly #options: PaneSetOptions;
  readonly #panes = new Map<PaneName, Pane>();
  readonly #lines: AwaitedLines;
  /** The processes that ended runs have left running. */
  readonly left: LeftProcesses;
  /** Whether all panes are being restarted: no command is started before all have ended. */
  #isHeld = false;

  constructor(options: PaneSetOptions) {
    this.#options = options;
    this.left = new LeftProcesses({ ...options, panes: () => this.all });
    this.#lines = new AwaitedLines({
      output: (pane) => options.taps.output(pane),
      onSeen: () => this.recheck(),
      onMissed: (pane, bytes) => this.#missedOutput(pane, bytes),
    });
    for (const plan of options.plans) this.add(plan.name, plan);
    this.#lines.setPlan(options.plans);
  }

  get all(): readonly Pane[] {
    return [...this.#panes.values()];
  }

  find(name: PaneName): Pane | undefined {
    return this.#panes.get(name);
  }

  /** @throws UnavailableError when there is no pane of that name. */
  get(name: PaneName): Pane {
    const pane = this.#panes.get(name);
    if (pane === undefined) throw new UnavailableError(`there is no pane ${name}`);
    return pane;
  }

  /** @param plan is undefined for a pane that was found and is not configured. */
  add(name: PaneName, plan: PanePlan | undefined): Pane {
    const { clock, random, log, taps, watchHealth, onRemember, onKeeperLost } = this.#options;
    const pane: Pane = new Pane({
      ...{ name, plan, clock, random, log, taps, watchHealth },
      onRemember: (memory) => onRemember(pane, memory),
      env: (current) => this.#env(current),
      waitsFor: (current) => this.#waitsFor(current),
      onChange: (change) => this.#changed(pane, change),
      // A pane that is recalled as `starting` has not been started by this manager, so it is not told.
      onRecalled: () => {
        if (pane.state !== 'starting') this.#options.onPaneChanged(pane.describe());
      },
      onQuestion: () => this.#questionChanged(pane),
      onKeeperLost: () => onKeeperLost(pane),
    });
    this.#panes.set(name, pane);
    this.#options.taps.setLogFile(name, plan?.logFile);
    this.#options.taps.setLimit(name, plan?.keptBytes);
    return pane;
  }

  /** Takes what a pane showed that was found; to be called before its keeper is adopted. */
  recall(name: PaneName, past: PastOutput): void {
    this.#options.taps.recall(name, past);
    this.#lines.recall(name);
  }

  remove(name: PaneName): void {
    this.#panes.get(name)?.close();
    this.#panes.delete(name);
    this.#options.taps.setLogFile(name, undefined);
    this.recheck();
  }

  /** Gives panes their plans and their order; panes that no plan names stay as they are. */
  setPlans(plans: readonly PanePlan[]): void {
    const { taps } = this.#options;
    const planned = plans.map((plan) => this.find(plan.name) ?? this.add(plan.name, plan));
    const others = this.all.filter((pane) => !planned.includes(pane));
    this.#panes.clear();
    for (const pane of [...planned, ...others]) this.#panes.set(pane.name, pane);
    for (const plan of plans) {
      const pane = this.get(plan.name);
      if (isSame(pane.plan, plan)) continue;
      pane.setPlan(plan);
      taps.setLogFile(plan.name, plan.logFile);
      taps.setLimit(plan.name, plan.keptBytes);
    }
    this.#lines.setPlan(plans);
    this.recheck();
  }

  /** Starts the waiting panes whose dependencies are met. */
  recheck(): void {
    for (const pane of this.#ordered()) pane.recheck();
  }

  /** Starts one pane, or with null all that are down. @throws RefusedError when the one runs already. */
  async start(name: PaneName | null): Promise<void> {
    if (name !== null) return this.get(name).start();
    const idle = this.#ordered().filter((pane) => pane.plan !== undefined && !pane.isUp);
    await whereFolderIs(idle, (ready) => Promise.all(ready.map((pane) => pane.start())));
  }

  /** Stops one pane or all, each as its policy says, those that depend on others first. */
  async stop(name: PaneName | null, reason?: string): Promise<void> {
    if (name !== null) return this.get(name).stop(reason);
    await this.#inReverse(this.all, (pane) => pane.stop(reason));
  }

  /** Restarts one pane, or with null all but those that were stopped. */
  async restart(name: PaneName | null): Promise<void> {
    if (name !== null) return this.get(name).restart();
    const panes = this.all.filter((pane) => pane.plan !== undefined && pane.state !== 'stopped');
    await whereFolderIs(panes, (ready) => this.#restartAll(ready));
  }

  async #restartAll(panes: readonly Pane[]): Promise<void> {
    this.#isHeld = true;
    try {
      await this.#inReverse(panes, (pane) => pane.endToRestart('restart of all was asked for'));
    } finally {
      this.#isHeld = false;
      this.recheck();
    }
    await Promise.all(panes.map((pane) => pane.begun()));
  }

  close(): void {
    this.#lines.close();
    this.left.close();
    for (const pane of this.all) pane.close();
  }

  /** Does `work` to each pane once it is done for the panes that depend on it. */
  async #inReverse(panes: readonly Pane[], work: (pane: Pane) => Promise<void>): Promise<void> {
    const works = new Map<PaneName, Promise<void>>();
    for (const pane of this.#ordered().reverse()) {
      if (!panes.includes(pane)) continue;
      const dependents = panes
        .filter((each) => dependsOn(each, pane))
        .flatMap(({ name }) => works.get(name) ?? []);
      works.set(
        pane.name,
        Promise.allSettled(dependents).then(() => work(pane)),
      );
    }
    const outcomes = await Promise.allSettled(works.values());
    for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
  }

  #ordered(): Pane[] {
    const panes = this.all.map((pane) => ({
      ...{ pane, name: pane.name, dependsOn: pane.plan?.dependsOn ?? [] },
    }));
    return inStartOrder(panes).map(({ pane }) => pane);
  }

  #waitsFor({ dependsOn }: PanePlan): string | undefined {
    if (this.#isHeld) return 'waits for the others to end';
    for (const dependency of dependsOn) {
      const pane = this.#panes.get(dependency.on);
      if (pane === undefined) continue;
      const facts = {
        ...{ state: pane.state, lastExit: pane.lastExit },
        hasPrinted: this.#lines.hasSeen(dependency),
      };
      if (!isMet(dependency.until, facts)) return describeWait(dependency, pane.state);
    }
    return undefined;
  }

  #env({ name, program }: PanePlan): Readonly<Record<string, string>> {
    const own = { TRIAD_SESSION: this.#options.session, TRIAD_PANE: name };
    return { ...program.env, ...own };
  }

  #changed(pane: Pane, { from, to, reason }: LifeChange): number {
    if (to === 'starting') {
      this.#options.taps.recall(pane.name, undefined);
      this.#lines.startsAnew(pane.name);
    }
    const { restarts, pid, lastExit } = pane;
    const hasEnded = !pane.isUp && lastExit !== null;
    const facts = {
      ...{ from, to, reason, restarts, pid },
      exit: hasEnded ? describeExit(lastExit) : null,
    };
    this.#options.log.info({ pane: pane.name, ...facts }, 'pane state changed');
    const event = this.#record('pane-state', pane, {
      text: `${pane.name}: ${from} -> ${to}: ${reason}`,
      facts: { ...facts, ...memoryFacts(pane.memory) },
    });
    this.#options.onPaneChanged(pane.describe());
    this.recheck();
    return event;
  }

  #questionChanged(pane: Pane): void {
    const { question } = pane;
    if (question !== null) {
      const facts = { question };
      this.#record('pane-asks', pane, {
        text: `${pane.name} ${question === '' ? 'asks for input' : `asks: ${question}`}`,
        facts,
      });
    }
    this.#options.onPaneChanged(pane.describe());
  }

  #missedOutput(name: PaneName, bytes: number): void {
    const pane = this.#panes.get(name);
    if (pane === undefined) return;
    const text = `a line of ${name} that others wait for may have been missed: there was too much`;
    this.#options.log.warn({ pane: name, bytes }, 'awaited lines may have been missed');
    this.#record('output-lost', pane, { text, facts: { bytes } });
  }

  #record(kind: EventKind, pane: Pane, what: Pick<NewHostEvent, 'text' | 'facts'>): number {
    const { record, session } = this.#options;
    return record({ kind, session, pane: pane.name, by: null, ...what });
  }
}

function dependsOn(pane: Pane, other: Pane): boolean {
  return pane.plan?.dependsOn.some(({ on }) => on === other.name) === true;
}

/** Does `work` to the panes whose working directory is there. @throws the RefusedError of the first other. */
async function whereFolderIs(
  panes: readonly Pane[],
  work: (panes: readonly Pane[]) => Promise<unknown>,
): Promise<void> {
  const judged = panes.map((pane) => ({ pane, refusal: pane.folderRefusal() }));
  await work(judged.flatMap(({ pane, refusal }) => (refusal === undefined ? [pane] : [])));
  const refused = judged.find(({ refusal }) => refusal !== undefined);
  if (refused?.refusal !== undefined) throw refused.refusal;
}
