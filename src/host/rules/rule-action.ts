import type { ProgramSurroundings } from '../../base/child-process.js';
import type { Clock } from '../../base/clock.js';
import { withTimeLimit } from '../../base/deadline.js';
import { RefusedError } from '../../base/errors.js';
import { askHttpStatus, type HttpQuestion, networkFailure } from '../../base/http-status.js';
import type { PaneName } from '../../base/ids.js';
import type { PaneRequest } from '../../base/pane.js';
import { runProgram } from '../../base/program-run.js';
import type { RuleAction } from './rule-plan.js';

const LIMIT_MS = { pane: 60_000, exec: 60_000, webhook: 10_000 };

/** What rules may do to panes and people; what people may ask for of a host. */
export interface RulePorts {
  ask(pane: PaneName, request: PaneRequest): Promise<unknown>;
  restart(pane: PaneName): Promise<void>;
  /** Shows a text to the drivers; it is no tmux format. */
  notify(text: string): Promise<void>;
}

export interface ActionContext extends ProgramSurroundings {
  readonly ports: RulePorts;
  readonly clock: Clock;
  /** Aborting it ends the action. */
  readonly signal: AbortSignal;
  /** What `exec` gets on its standard input. */
  readonly input: string;
  /** What `webhook` posts. */
  readonly report: Readonly<Record<string, string>>;
  readonly webhookHosts: readonly string[];
}

/** How an action ended: `status` is that of the program or of the HTTP answer. */
export interface ActionEnd {
  /** Why the action counts as failed, for people; null when it does not. */
  readonly failure: string | null;
  readonly status: number | null;
}

const DONE: ActionEnd = { failure: null, status: null };

/**
 * Does what a rule says. A webhook is sent once: sent again its receiver might count it twice.
 *
 * @throws when it could not be done, or not in time.
 */
export async function doAction(action: RuleAction, context: ActionContext): Promise<ActionEnd> {
  if (action.kind === 'exec') return execute(action.argv, context);
  if (action.kind === 'webhook') return post(action.url, context);
  const limit = { clock: context.clock, signal: context.signal, limitMs: LIMIT_MS.pane };
  await withTimeLimit({ ...limit, waitedFor: action.kind }, () => askPane(action, context.ports));
  return DONE;
}

type PaneAction = Exclude<RuleAction, { kind: 'exec' | 'webhook' }>;

async function askPane(action: PaneAction, ports: RulePorts): Promise<unknown> {
  switch (action.kind) {
    case 'send':
      return ports.ask(action.pane, { verb: 'send', text: action.text, enter: action.enter });
    case 'keys':
      return ports.ask(action.pane, { verb: 'keys', keys: action.keys });
    case 'signal':
      return ports.ask(action.pane, { verb: 'signal', signal: action.signal });
    case 'restart':
      return ports.restart(action.pane);
    case 'notify':
      return ports.notify(action.text);
  }
}

async function execute(argv: readonly string[], context: ActionContext): Promise<ActionEnd> {
  const { cwd, env, input, clock, signal } = context;
  const limit = { clock, signal, limitMs: LIMIT_MS.exec, waitedFor: 'the program' };
  const end = await withTimeLimit(limit, (stop) => runProgram({ argv, cwd, env, input }, stop));
  switch (end.kind) {
    case 'exited':
      return ended(end.status, end.status === 0, `the program exited with ${end.status}`);
    case 'signalled':
      return { failure: `the program was ended by ${end.signal}`, status: null };
    case 'not-run':
      return { failure: `the program cannot be run: ${end.reason}`, status: null };
  }
}

async function post(url: string, context: ActionContext): Promise<ActionEnd> {
  const { hostname } = new URL(url);
  if (!context.webhookHosts.includes(hostname)) {
    return { failure: `${hostname} is not in webhookHosts`, status: null };
  }
  const { clock, signal } = context;
  const limit = { clock, signal, limitMs: LIMIT_MS.webhook, waitedFor: `an answer of ${hostname}` };
  const question = { url, json: JSON.stringify(context.report) };
  const status = await withTimeLimit(limit, (stop) => asked(question, stop));
  return ended(status, status >= 200 && status <= 299, `${hostname} answered ${status}`);
}

function ended(status: number, isOk: boolean, text: string): ActionEnd {
  return { failure: isOk ? null : text, status };
}

async function asked(question: HttpQuestion, signal: AbortSignal): Promise<number> {
  try {
    return await askHttpStatus(question, signal);
  } catch (error) {
    throw new RefusedError(networkFailure(error), { cause: error });
  }
}
