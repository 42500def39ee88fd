import type { NewHostEvent } from '../../../../src/base/host-event.js';
import { type PaneName, paneName, sessionName } from '../../../../src/base/ids.js';
import type { PaneRequest } from '../../../../src/base/pane.js';
import { RuleEngine } from '../../../../src/host/rules/rule-engine.js';
import type { RulesPlan } from '../../../../src/host/rules/rule-plan.js';
import { FakeClock } from '../../../helpers/fake-clock.js';
import { FakeOutput } from '../../../helpers/fake-output.js';
import { quietLog } from '../../../helpers/quiet-log.js';
import { planOf } from '../../../helpers/session-plan.js';

export const ENGINE = paneName('engine');
export const WORKER = paneName('worker');

/** Rules as `triad.yaml` has them, for the panes `engine` and `worker`. */
export function rulesOf(rules: readonly object[], webhookHosts: readonly string[] = []): RulesPlan {
  const panes = [ENGINE, WORKER].map((name) => ({ name, command: ['cat'] }));
  return planOf({ panes, rules, webhookHosts }, '/').rules;
}

interface EngineStory {
  readonly clock: FakeClock;
  readonly engine: RuleEngine;
  /** What was done, as `restart worker`. */
  readonly done: string[];
  readonly events: NewHostEvent[];
  readonly kinds: () => string[];
  /** What comes of an action: nothing, unless the test says so. */
  readonly effects: { of: (action: string) => Promise<void> };
  readonly engineOutput: FakeOutput;
  readonly output: (pane: PaneName) => FakeOutput;
}

/** An engine whose panes, time and effects are the test's. */
export function engineStory(
  plan: RulesPlan,
  env: Readonly<Record<string, string>> = {},
): EngineStory {
  const clock = new FakeClock();
  const outputs = new Map([ENGINE, WORKER].map((name) => [name, new FakeOutput(clock)]));
  const done: string[] = [];
  const events: NewHostEvent[] = [];
  const output = (pane: PaneName): FakeOutput => {
    const found = outputs.get(pane);
    if (found === undefined) throw new Error(`no pane ${pane}`);
    return found;
  };
  const effects = { of: (_action: string): Promise<void> => Promise.resolve() };
  const act = (action: string): Promise<void> => {
    done.push(action);
    return effects.of(action);
  };
  const engine = new RuleEngine({
    ...{ session: sessionName('pair'), plan, output, clock, log: quietLog() },
    surroundings: () => ({ cwd: '/', env }),
    ports: {
      ask: (pane, request) => act(`${request.verb} ${pane} ${whatOf(request)}`),
      restart: (pane) => act(`restart ${pane}`),
      notify: (text) => act(`notify ${text}`),
    },
    record: (event) => events.push(event),
  });
  const kinds = (): string[] => events.map(({ kind }) => kind);
  return { clock, engine, done, events, kinds, effects, engineOutput: output(ENGINE), output };
}

function whatOf(request: PaneRequest): string {
  switch (request.verb) {
    case 'send':
      return `${request.text}${request.enter ? ' Enter' : ''}`;
    case 'keys':
      return request.keys.join(' ');
    case 'signal':
      return request.signal;
    case 'capture':
      return `${request.lines}`;
  }
}
