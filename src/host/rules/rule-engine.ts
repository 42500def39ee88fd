import type { ProgramSurroundings } from '../../base/child-process.js';
import type { Clock } from '../../base/clock.js';
import { messageOf } from '../../base/errors.js';
import type { EventKind, NewHostEvent } from '../../base/host-event.js';
import type { PaneName, SessionName } from '../../base/ids.js';
import type { PaneState } from '../../base/pane.js';
import { Throttle } from '../../base/throttle.js';
import type { Logger } from '../../log/logger.js';
import type { OutputLine, PaneOutput } from '../tap/pane-output.js';
import { ActionQueue } from './action-queue.js';
import { Causes, MAX_DEPTH } from './causes.js';
import { type ActionEnd, doAction, type RulePorts } from './rule-action.js';
import { RuleAllowance } from './rule-allowance.js';
import type { RuleAction, RulePlan, RulesPlan } from './rule-plan.js';
import {
  type Cause,
  describeAction,
  describeCause,
  type Firing,
  hideValues,
  ruleEvent,
} from './rule-record.js';
import { RuleTriggers } from './rule-triggers.js';

/** Output that comes so soon after a rule did something to a pane counts as caused by it. */
const OUTPUT_CAUSED_MS = 5000;
/** A change of state within this after it counts so, too: a restart takes its time. */
const STATE_CAUSED_MS = 60_000;
/**
 * The queue of each kind of action: slow programs and webhooks must not keep panes from being
 * restarted.
 */
const QUEUE = { maxAtOnce: 4, maxWaiting: 64 };
const MISSED_WINDOW_MS = 60_000;
const RUNNING: readonly PaneState[] = ['running', 'healthy', 'unhealthy'];

export interface RuleEngineOptions {
  readonly session: SessionName;
  readonly plan: RulesPlan;
  readonly output: (pane: PaneName) => PaneOutput;
  /** The folder and whole environment of a pane's command; programs of rules get the same. */
  readonly surroundings: (pane: PaneName) => ProgramSurroundings;
  readonly ports: RulePorts;
  readonly clock: Clock;
  readonly log: Logger;
  readonly record: (event: NewHostEvent) => void;
}

/** The part of a pane's condition that rules can be about. */
export interface PaneCondition {
  readonly state: PaneState;
  /** The question that its command asks; null when it asks none. */
  readonly question: string | null;
}

/**
 * Owns what happens by itself in a session. Promises that each firing is on record before its action
 * begins, that no rule fires more often than it may, and that rules which make each other fire are
 * stopped. It must never make what a pane puts out part of an argument list, a URL or a tmux format.
 */
export class RuleEngine {
  readonly #options: RuleEngineOptions;
  readonly #triggers: RuleTriggers;
  readonly #allowances = new Map<string, RuleAllowance>();
  readonly #causes = new Causes();
  readonly #panes = new Map<PaneName, PaneCondition>();
  readonly #closed = new AbortController();
  readonly #missed: Throttle;
  readonly #queues = {
    pane: new ActionQueue(QUEUE),
    exec: new ActionQueue(QUEUE),
    webhook: new ActionQueue(QUEUE),
  };
  #plan: RulesPlan;

  constructor(options: RuleEngineOptions) {
    const { output, clock } = options;
    this.#options = options;
    this.#plan = options.plan;
    this.#missed = new Throttle({ max: 1, windowMs: MISSED_WINDOW_MS, now: () => clock.elapsed() });
    this.#triggers = new RuleTriggers({
      ...{ output, clock },
      onLine: (pane, line) => this.#sawLine(pane, line),
      onMissed: (pane, bytes) => this.#missedOutput(pane, bytes),
      onSilence: (rule) => this.#sawSilence(rule),
    });
    this.setPlan(options.plan);
  }

  /** Replaces the rules. What a rule of the same name did before counts against its limits. */
  setPlan(plan: RulesPlan): void {
    this.#plan = plan;
    const names = new Set(plan.rules.map(({ name }) => name));
    for (const name of this.#allowances.keys()) {
      if (!names.has(name)) this.#allowances.delete(name);
    }
    for (const rule of plan.rules) {
      const allowance = this.#allowances.get(rule.name);
      if (allowance === undefined) this.#allowances.set(rule.name, new RuleAllowance(rule));
      else allowance.plan = rule;
    }
    this.#triggers.watch(plan.rules);
  }

  /** Tells how a pane is, at first and on every change. The first time no rule fires: nothing has changed. */
  paneChanged(pane: PaneName, condition: PaneCondition): void {
    const before = this.#panes.get(pane);
    this.#panes.set(pane, condition);
    this.#triggers.setRunning(pane, RUNNING.includes(condition.state));
    if (before === undefined) return;
    const { state, question } = condition;
    if (state !== before.state) this.#reached(state, { pane, matched: state }, STATE_CAUSED_MS);
    if (question !== null && before.question === null) {
      this.#reached('needs-input', { pane, matched: question }, OUTPUT_CAUSED_MS);
    }
  }

  /** Ends everything it has started, and fires no more. Idempotent. */
  close(): void {
    this.#closed.abort();
    this.#triggers.close();
    for (const queue of Object.values(this.#queues)) queue.clear();
  }

  #reached(state: PaneState | 'needs-input', cause: Cause, causedMs: number): void {
    for (const rule of this.#plan.rules) {
      const { when } = rule;
      if (when.kind !== 'state' || when.pane !== cause.pane || when.state !== state) continue;
      this.#consider(rule, cause, causedMs);
    }
  }

  #sawSilence(name: string): void {
    const rule = this.#plan.rules.find((each) => each.name === name);
    if (rule?.when.kind !== 'silence') return;
    const { pane, limitMs } = rule.when;
    this.#consider(rule, { pane, matched: `${limitMs / 1000} s` }, OUTPUT_CAUSED_MS);
  }

  /** Tries the rules on a whole line; only what the program has printed of it is reported. */
  #sawLine(pane: PaneName, { text, printed }: OutputLine): void {
    for (const rule of this.#plan.rules) {
      const { when } = rule;
      if (when.kind !== 'match' || when.pane !== pane || !this.#isOfInterest(rule)) continue;
      if (when.pattern.matches(text)) {
        this.#consider(rule, { pane, matched: printed }, OUTPUT_CAUSED_MS);
      }
    }
  }

  /** A rule that may not fire now is not searched for, so that a flood of output costs little. */
  #isOfInterest({ name }: RulePlan): boolean {
    const now = this.#options.clock.elapsed();
    const allowance = this.#allowances.get(name);
    if (allowance === undefined) return false;
    const allowed = allowance.at(now);
    return allowed === 'free' || (allowed === 'spent' && allowance.mayTell(now));
  }

  #consider(rule: RulePlan, happened: Cause, causedMs: number): void {
    const allowance = this.#allowances.get(rule.name);
    if (allowance === undefined || this.#closed.signal.aborted) return;
    const now = this.#options.clock.elapsed();
    const allowed = allowance.at(now);
    if (allowed === 'cooling') return;
    const { env } = this.#options.surroundings(happened.pane);
    const cause = { ...happened, matched: hideValues(happened.matched, env) };
    const depth = this.#causes.depthOf(cause.pane, causedMs, now);
    if (allowed === 'free' && depth <= MAX_DEPTH) {
      allowance.fire(now);
      return this.#fire(rule, cause, depth);
    }
    if (!allowance.mayTell(now)) return;
    allowance.tell(now);
    this.#tell('rule-stopped', { rule, cause }, stopReason(rule, allowed));
  }

  #fire(rule: RulePlan, cause: Cause, depth: number): void {
    const why = describeCause(rule, cause);
    this.#tell('rule-fired', { rule, cause }, `${describeAction(rule.action)}, because ${why}`);
    const act = (): Promise<void> => this.#act(rule, cause, depth);
    if (this.#queues[queueOf(rule.action)].add(rule.name, act)) return;
    this.#tell('rule-failed', { rule, cause }, 'failed: too many actions wait already');
  }

  async #act(rule: RulePlan, cause: Cause, depth: number): Promise<void> {
    const { action } = rule;
    const shown = { rule, cause };
    this.#noteCause(action, depth);
    if (action.kind === 'notify') this.#tell('notice', shown, `says: ${action.text}`);
    try {
      this.#ended(shown, await doAction(action, this.#actionContext(rule, cause)));
    } catch (error) {
      this.#ended(shown, { failure: messageOf(error), status: null });
    } finally {
      this.#noteCause(action, depth);
    }
  }

  #ended(shown: Firing, { failure, status }: ActionEnd): void {
    if (this.#closed.signal.aborted) return;
    if (failure !== null) this.#tell('rule-failed', { ...shown, status }, `failed: ${failure}`);
    else if (shown.rule.action.kind === 'exec') {
      this.#tell('notice', { ...shown, status }, 'ran its program: it exited with 0');
    }
  }

  #actionContext(rule: RulePlan, { pane, matched }: Cause) {
    const { clock, ports, session, surroundings } = this.#options;
    const time = new Date(clock.now()).toISOString();
    return {
      ...{ ports, clock, signal: this.#closed.signal, ...surroundings(pane) },
      input: `${matched}\n`,
      report: { session, pane, rule: rule.name, text: matched, time },
      webhookHosts: this.#plan.webhookHosts,
    };
  }

  #noteCause(action: RuleAction, depth: number): void {
    if (!('pane' in action)) return;
    this.#causes.note(action.pane, depth + 1, this.#options.clock.elapsed());
  }

  #tell(kind: EventKind, firing: Firing, text: string): void {
    const { session, record, log } = this.#options;
    const { rule, cause } = firing;
    record(ruleEvent({ kind, session, text, ...firing }));
    const facts = { event: kind, rule: rule.name, pane: cause.pane, action: rule.action.kind };
    if (kind === 'rule-failed' || kind === 'rule-stopped') log.warn(facts, 'rule did not act');
    else log.info(facts, 'rule acted');
  }

  #missedOutput(pane: PaneName, bytes: number): void {
    const { session, record } = this.#options;
    const text = `rules did not see some of what ${pane} put out: there was too much`;
    this.#missed.write((leftOut) => {
      const facts = { bytes, ...leftOut };
      record({ kind: 'output-lost', session, pane, by: null, text, facts });
    });
  }
}

function queueOf({ kind }: RuleAction): 'pane' | 'exec' | 'webhook' {
  return kind === 'exec' || kind === 'webhook' ? kind : 'pane';
}

function stopReason({ limit }: RulePlan, allowed: 'free' | 'spent'): string {
  if (allowed === 'free') return 'was stopped: rules make each other fire';
  return `was stopped: it fired ${limit.count} times in ${limit.perMs / 1000} s`;
}
