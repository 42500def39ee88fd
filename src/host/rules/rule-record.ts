import { type EventKind, MAX_EVENT_TEXT, type NewHostEvent } from '../../base/host-event.js';
import type { PaneName, SessionName } from '../../base/ids.js';
import { visible } from '../../base/visible.js';
import type { RuleAction, RulePlan } from './rule-plan.js';

const MAX_SHOWN = 256;
/** Names of variables whose values are for the program alone; a URL often has a password in it. */
const SECRET_NAME = /KEY|TOKEN|SECRET|PASS|CREDENTIAL|AUTH|URL|DSN/i;
/** Shorter values are not hidden: they are part of too many words, and no good secrets. */
const MIN_SECRET_LENGTH = 6;

/** Why a rule fires now: what it waited for has come. */
export interface Cause {
  readonly pane: PaneName;
  /**
   * What the program has surely printed of the line, the state, or how long it was silent; not to
   * be trusted.
   */
  readonly matched: string;
}

/** A rule that fired, and why. */
export interface Firing {
  readonly rule: RulePlan;
  readonly cause: Cause;
  /** The status of a program that ended, or of an HTTP answer. */
  readonly status?: number | null;
}

interface Told extends Firing {
  readonly kind: EventKind;
  readonly session: SessionName;
  /** What came of the firing, worded to follow "rule NAME". */
  readonly text: string;
}

/** An event about a rule. It names hosts and programs, but neither URLs nor arguments: secrets are in these. */
export function ruleEvent({ kind, session, rule, cause, text, status = null }: Told): NewHostEvent {
  return {
    ...{ kind, session, pane: cause.pane, by: `rule:${rule.name}` },
    text: `rule ${rule.name} ${visible(text, 2 * MAX_SHOWN)}`.slice(0, MAX_EVENT_TEXT),
    facts: {
      rule: rule.name,
      when: rule.when.kind,
      matched: visible(cause.matched, MAX_SHOWN),
      action: rule.action.kind,
      ...actionFacts(rule.action),
      ...(status === null ? {} : { status }),
    },
  };
}

function actionFacts(action: RuleAction): NewHostEvent['facts'] {
  switch (action.kind) {
    case 'send':
      return { target: action.pane, text: visible(action.text, MAX_SHOWN) };
    case 'keys':
      return { target: action.pane, keys: visible(action.keys.join(' '), MAX_SHOWN) };
    case 'signal':
      return { target: action.pane, signal: action.signal };
    case 'restart':
      return { target: action.pane };
    case 'exec':
      return { target: visible(action.argv[0] ?? '', MAX_SHOWN) };
    case 'webhook':
      return { target: new URL(action.url).host };
    case 'notify':
      return { text: visible(action.text, MAX_SHOWN) };
  }
}

/** Replaces each value of a secret variable that a program has put out with `[NAME]`. */
export function hideValues(text: string, env: Readonly<Record<string, string>>): string {
  return Object.entries(env)
    .filter(([name, value]) => SECRET_NAME.test(name) && value.length >= MIN_SECRET_LENGTH)
    .sort(([, left], [, right]) => right.length - left.length)
    .reduce((hidden, [name, value]) => hidden.replaceAll(value, `[${name}]`), text);
}

/** What a rule does, for people, worded to follow "it". */
export function describeAction(action: RuleAction): string {
  switch (action.kind) {
    case 'send':
      return `types into ${action.pane}`;
    case 'keys':
      return `presses keys in ${action.pane}`;
    case 'signal':
      return `sends ${action.signal} to ${action.pane}`;
    case 'restart':
      return `restarts ${action.pane}`;
    case 'exec':
      return `runs ${action.argv[0] ?? ''}`;
    case 'webhook':
      return `tells ${new URL(action.url).host}`;
    case 'notify':
      return 'tells the drivers';
  }
}

/** What happened in the pane, for people. */
export function describeCause({ when }: RulePlan, { pane, matched }: Cause): string {
  switch (when.kind) {
    case 'match':
      return matched.trim() === ''
        ? `${pane} showed a line that matches`
        : `${pane} put out "${matched.slice(0, MAX_SHOWN)}"`;
    case 'state':
      return when.state === 'needs-input' ? asking(pane, matched) : `${pane} is ${matched}`;
    case 'silence':
      return `${pane} put out nothing for ${matched}`;
  }
}

function asking(pane: PaneName, question: string): string {
  return question === ''
    ? `${pane} asks for input`
    : `${pane} asks "${question.slice(0, MAX_SHOWN)}"`;
}
