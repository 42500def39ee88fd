import { expect, test } from 'vitest';
import { paneName } from '../../../../src/base/ids.js';
import { PANE_STATES, type PaneExit } from '../../../../src/base/pane.js';
import type { DependencyCondition } from '../../../../src/host/plan/dependency.js';
import { readCondition } from '../../../../src/host/plan/dependency.js';
import { describeWait, inStartOrder, isMet } from '../../../../src/host/plan/start-order.js';
import { planOf } from '../../../helpers/session-plan.js';

function condition(text: string): DependencyCondition {
  const read = readCondition(text);
  if ('problem' in read) throw new Error(read.problem);
  return read;
}

test('each pane comes after those it depends on, otherwise as configured', () => {
  const command = ['true'];
  const { panes } = planOf(
    {
      panes: [
        { name: 'web', command, dependsOn: ['api', 'cache'] },
        { name: 'api', command, dependsOn: ['db'] },
        { name: 'log', command },
        { name: 'db', command },
        { name: 'cache', command, dependsOn: ['db'] },
      ],
    },
    '/',
  );
  expect(inStartOrder(panes).map(({ name }) => name)).toEqual(['db', 'api', 'cache', 'web', 'log']);
});

const OK: PaneExit = { status: 0, signal: null, at: 0 };

test.each([
  ['started', null, ['running', 'healthy', 'unhealthy', 'exited']],
  ['healthy', null, ['healthy']],
  ['exited-ok', OK, ['backoff', 'exited']],
  ['exited-ok', { ...OK, status: 1 }, []],
  ['exited-ok', { ...OK, status: null, signal: 'SIGKILL' }, []],
  ['exited-ok', null, []],
])('%s with the last end %o is met in the states %j', (text, lastExit, states) => {
  const met = PANE_STATES.filter((state) =>
    isMet(condition(text), { state, lastExit, hasPrinted: false }),
  );
  expect(met).toEqual(states.toSorted((a, b) => index(a) - index(b)));
});

function index(state: string): number {
  return PANE_STATES.findIndex((each) => each === state);
}

test('what a pane waits for is said with what keeps it from coming', () => {
  const on = paneName('db');
  const said = (text: string, state: 'running' | 'failed') =>
    describeWait({ on, until: condition(text) }, state);
  expect(said('started', 'running')).toBe('waits for db to run');
  expect(said('healthy', 'failed')).toBe('waits for db to be healthy, which is failed');
  expect(said('exited-ok', 'running')).toBe('waits for db to exit with status 0');
  expect(said('log:/up \\d/', 'running')).toBe('waits for db to print /up \\\\d/');
});
