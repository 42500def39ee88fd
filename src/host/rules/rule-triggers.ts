import type { Clock } from '../../base/clock.js';
import type { PaneName } from '../../base/ids.js';
import type { OutputLine, PaneOutput } from '../tap/pane-output.js';
import { SilenceWatch } from '../tap/silence-watch.js';
import type { RulePlan } from './rule-plan.js';

export interface RuleTriggersOptions {
  readonly output: (pane: PaneName) => PaneOutput;
  readonly clock: Clock;
  /** Called when a line has ended in a pane that has a rule about lines. */
  readonly onLine: (pane: PaneName, line: OutputLine) => void;
  /** Called when so many bytes of a pane were not looked at. */
  readonly onMissed: (pane: PaneName, bytes: number) => void;
  /** Called when the pane of a rule about silence fell silent, with the name of the rule. */
  readonly onSilence: (rule: string) => void;
}

/** Listens to the output of the panes that rules are about. */
export class RuleTriggers {
  readonly #options: RuleTriggersOptions;
  /**
   * The function that ends each watch, by what it watches: one that is still wanted after a reload
   * goes on.
   */
  readonly #watches = new Map<string, () => void>();
  readonly #running = new Set<PaneName>();
  #rules: readonly RulePlan[] = [];

  constructor(options: RuleTriggersOptions) {
    this.#options = options;
  }

  watch(rules: readonly RulePlan[]): void {
    this.#rules = rules;
    this.#renew();
  }

  /** Notes whether a pane's command runs: only one that does can be silent. */
  setRunning(pane: PaneName, isRunning: boolean): void {
    if (isRunning === this.#running.has(pane)) return;
    if (isRunning) this.#running.add(pane);
    else this.#running.delete(pane);
    this.#renew();
  }

  close(): void {
    this.#running.clear();
    this.watch([]);
  }

  /** Ends the watches that no rule needs any more, and begins those that are new. */
  #renew(): void {
    const wanted = new Map(this.#rules.flatMap((rule) => this.#watchesOf(rule)));
    for (const [key, end] of this.#watches) {
      if (wanted.has(key)) continue;
      end();
      this.#watches.delete(key);
    }
    for (const [key, begin] of wanted) {
      if (!this.#watches.has(key)) this.#watches.set(key, begin());
    }
  }

  /** All rules about the lines of a pane share one watch; each rule about silence has its own. */
  #watchesOf({ name, when }: RulePlan): [string, () => () => void][] {
    const { output, clock, onLine, onMissed, onSilence } = this.#options;
    const { pane } = when;
    if (when.kind === 'match') {
      const missed = (bytes: number): void => onMissed(pane, bytes);
      const begin = () => output(pane).onLine((line) => onLine(pane, line), missed);
      return [[`lines of ${pane}`, begin]];
    }
    if (when.kind !== 'silence' || !this.#running.has(pane)) return [];
    const { limitMs } = when;
    const begin = () => {
      const watched = { output: output(pane), clock, limitMs };
      const watch = new SilenceWatch({ ...watched, onSilence: () => onSilence(name) });
      return () => watch.close();
    };
    return [[`silence of ${pane} for ${limitMs} by ${name}`, begin]];
  }
}
