import { expect, test } from 'vitest';
import {
  type PaneInForce,
  planChanges,
  type SessionInForce,
} from '../../../../src/host/triad/plan-changes.js';
import { planOf } from '../../../helpers/session-plan.js';

const PANES = [
  { name: 'db', command: ['db'] },
  { name: 'worker', command: ['work'], dependsOn: { db: 'log:/ready/' } },
];

/** All of them run as planned, but for `more`. */
function inForce(more: Partial<PaneInForce>): SessionInForce {
  const { layout, rules, panes } = planOf({ panes: PANES }, '/');
  const running = { state: 'running', hasHadKeeper: true, isStopped: false } as const;
  const all = panes.map((plan) => {
    return { ...running, name: plan.name, plan, started: plan.program, ...more };
  });
  return { layout, rules, panes: all };
}

function changesTo(session: object): string[] {
  const { list } = planChanges(inForce({}), planOf(session, '/'));
  return list.map(({ pane, change }) => `${pane ?? 'session'} ${change}`);
}

test('the same file changes nothing', () => {
  expect(changesTo({ panes: PANES })).toEqual([]);
});

test.each<[string, object, string[]]>([
  ['a command', { command: ['work', 'more'] }, ['worker restarted']],
  ['a directory', { cwd: '/tmp' }, ['worker restarted']],
  ['a variable', { env: { A: '1' } }, ['worker restarted']],
  ['a title', { title: 'the worker' }, ['worker changed']],
  ['a policy', { restart: 'never' }, ['worker changed']],
  ['a pattern', { dependsOn: { db: 'log:/readier/' } }, ['worker changed']],
  ['a probe', { live: { tcp: '127.0.0.1:80' } }, ['worker changed']],
])('%s of a pane concerns that pane alone', (_what, change, expected) => {
  const [db, worker] = PANES;
  expect(changesTo({ panes: [db, { ...worker, ...change }] })).toEqual(expected);
});

test('panes that come, go and change places change the session, too', () => {
  const [db] = PANES;
  expect(changesTo({ panes: [{ name: 'new', command: ['new'] }, db] })).toEqual([
    ...['session changed', 'worker removed', 'new added'],
  ]);
  expect(changesTo({ panes: PANES.toReversed() })).toEqual(['session changed']);
  expect(changesTo({ panes: PANES, layout: 'main-vertical' })).toEqual(['session changed']);
});
