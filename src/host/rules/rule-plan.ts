import type { PaneName } from '../../base/ids.js';
import type { PaneSignal, PaneState } from '../../base/pane.js';
import type { Pattern } from '../../base/pattern.js';

/** What makes a rule fire. */
export type RuleCondition = { readonly pane: PaneName } & (
  | { readonly kind: 'match'; readonly pattern: Pattern }
  | { readonly kind: 'state'; readonly state: PaneState | 'needs-input' }
  | { readonly kind: 'silence'; readonly limitMs: number }
);

/** What a rule does when it fires. */
export type RuleAction =
  | {
      readonly kind: 'send';
      readonly pane: PaneName;
      readonly text: string;
      readonly enter: boolean;
    }
  | { readonly kind: 'keys'; readonly pane: PaneName; readonly keys: readonly string[] }
  | { readonly kind: 'signal'; readonly pane: PaneName; readonly signal: PaneSignal }
  | { readonly kind: 'restart'; readonly pane: PaneName }
  /** A program, run as the pane's user with the matched text on standard input. */
  | { readonly kind: 'exec'; readonly argv: readonly string[] }
  | { readonly kind: 'webhook'; readonly url: string }
  /** A text that is shown to the drivers and put on record. */
  | { readonly kind: 'notify'; readonly text: string };

export interface RulePlan {
  readonly name: string;
  readonly when: RuleCondition;
  readonly action: RuleAction;
  /** How long the rule does not fire again after it fired. */
  readonly cooldownMs: number;
  /** The rule fires at most `count` times in `perMs`. */
  readonly limit: { readonly count: number; readonly perMs: number };
}

export interface RulesPlan {
  readonly rules: readonly RulePlan[];
  /** Hosts that webhooks may be sent to. */
  readonly webhookHosts: readonly string[];
}
