import type { Clock } from '../../base/clock.js';
import type { PaneName } from '../../base/ids.js';
import type { OutputLine, PaneOutput } from '../tap/pane-output.js';
import { SilenceWatch } from '../tap/silence-watch.js';
import type { RulePlan } from './rule-plan.js';

export interface RuleTriggersOptions {
  readonly output: (pane: PaneName) => PaneOutput;
  readonly clock: Clock;
  /** A line has ended in a pane that has a rule about lines. */
  readonly onLine: (pane: PaneName, line: OutputLine) => void;
  /** So many bytes of a pane were not looked at. */
  readonly onMissed: (pane: PaneName, bytes: number) => void;
  /** The pane of a rule about silence fell silent, by the name of the rule. */
  readonly onSilence: (rule: string) => void;
}

/** Listens to the output of the panes that rules are about. */
export class RuleTriggers {
  readonly #options: RuleTriggersOptions;
  /** How to stop listening, by pane. */
  readonly #lines = new Map<PaneName, () => void>();
  /** By rule, pane and limit, so that a rule that stays the same keeps its watch on a reload. */
  readonly #silences = new Map<string, SilenceWatch>();
  readonly #running = new Set<PaneName>();
  #rules: readonly RulePlan[] = [];

  constructor(options: RuleTriggersOptions) {
    this.#options = options;
  }

  watch(rules: readonly RulePlan[]): void {
    this.#rules = rules;
    this.#listen();
    this.#watchSilences();
  }

  /** Only a command that runs can be silent. */
  setRunning(pane: PaneName, isRunning: boolean): void {
    if (isRunning === this.#running.has(pane)) return;
    if (isRunning) this.#running.add(pane);
    else this.#running.delete(pane);
    this.#watchSilences();
  }

  close(): void {
    this.#running.clear();
    this.watch([]);
  }

  #listen(): void {
    const { output, onLine, onMissed } = this.#options;
    const matching = this.#rules.filter(({ when }) => when.kind === 'match');
    const wanted = new Set(matching.map(({ when }) => when.pane));
    for (const [pane, stop] of this.#lines) {
      if (wanted.has(pane)) continue;
      stop();
      this.#lines.delete(pane);
    }
    for (const pane of wanted) {
      if (this.#lines.has(pane)) continue;
      const missed = (bytes: number): void => onMissed(pane, bytes);
      this.#lines.set(
        pane,
        output(pane).onLine((line) => onLine(pane, line), missed),
      );
    }
  }

  #watchSilences(): void {
    const wanted = new Map(this.#rules.flatMap((rule) => this.#silenceOf(rule)));
    for (const [key, watch] of this.#silences) {
      if (wanted.has(key)) continue;
      watch.close();
      this.#silences.delete(key);
    }
    for (const [key, { rule, pane, limitMs }] of wanted) {
      if (this.#silences.has(key)) continue;
      const { clock, output, onSilence } = this.#options;
      const watched = { output: output(pane), clock, limitMs };
      this.#silences.set(key, new SilenceWatch({ ...watched, onSilence: () => onSilence(rule) }));
    }
  }

  #silenceOf({ name, when }: RulePlan) {
    if (when.kind !== 'silence' || !this.#running.has(when.pane)) return [];
    const { pane, limitMs } = when;
    const key: string = [name, pane, limitMs].join(' ');
    return [[key, { rule: name, pane, limitMs }] as const];
  }
}
