import type { PaneName } from '../../base/ids.js';
import type { PaneSignal, PaneState } from '../../base/pane.js';
import type { Pattern } from '../../base/pattern.js';

/** What makes a rule fire. */
export type RuleCondition = { readonly pane: PaneName } & (
  | { readonly kind: 'match'; readonly pattern: Pattern }
  | { readonly kind: 'state'; readonly state: PaneState | 'needs-input' }
  | { readonly kind: 'silence'; readonly limitMs: number }
);

/** What it does then. */
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
  /** Run as the pane's user, with the matched text on standard input. */
  | { readonly kind: 'exec'; readonly argv: readonly string[] }
  | { readonly kind: 'webhook'; readonly url: string }
  /** Shown to the drivers, and on record. */
  | { readonly kind: 'notify'; readonly text: string };

export interface RulePlan {
  readonly name: string;
  readonly when: RuleCondition;
  readonly action: RuleAction;
  /** After it fired it does not fire again for this long. */
  readonly cooldownMs: number;
  /** It fires at most `count` times in `perMs`. */
  readonly limit: { readonly count: number; readonly perMs: number };
}

export interface RulesPlan {
  readonly rules: readonly RulePlan[];
  /** Hosts that webhooks may be sent to. */
  readonly webhookHosts: readonly string[];
}
