import { expect, test } from 'vitest';
import { triadSchema } from '../../../../src/host/plan/schema.js';
import { planCommand, planSessions } from '../../../../src/host/plan/session-plans.js';

const COLOURS = { COLORTERM: 'truecolor' };

test('a text is given to sh -c, a list is run as it stands, paths are relative to the home', () => {
  const config = triadSchema.parse({
    sessions: [
      {
        name: 'pair',
        panes: [
          { name: 'a', command: 'echo $X; ls' },
          { name: 'b', command: ['echo', '$X;'], cwd: 'sub', title: 'Bee', focus: true },
          { name: 'c', command: ['x'], cwd: '/abs', env: { SET: '1', PASSED: null, ABSENT: null } },
        ],
      },
    ],
  });
  const [plan] = planSessions(config, { root: '/home', variables: { PASSED: 'p', OTHER: 'o' } });
  expect(plan?.panes.map(({ program }) => program)).toEqual([
    { title: 'a', argv: ['/bin/sh', '-c', 'echo $X; ls'], cwd: '/home', env: COLOURS },
    { title: 'Bee', argv: ['echo', '$X;'], cwd: '/home/sub', env: COLOURS },
    { title: 'c', argv: ['x'], cwd: '/abs', env: { ...COLOURS, SET: '1', PASSED: 'p' } },
  ]);
  expect(plan?.panes.map(({ hasFocus }) => hasFocus)).toEqual([false, true, false]);
});

test.each([
  ['/usr/bin/Python3', 'python3'],
  ['./my agent', 'myagent'],
  ['/', 'command'],
  ['…', 'command'],
])('a single command %s gives its pane the name %s', (file, name) => {
  const plan = planCommand([file, 'x'], {
    root: '/here',
    variables: { KEY: 'k', TMUX: 't', TERM: 'x', PWD: '/' },
  });
  expect(plan).toMatchObject({
    name: 'pair',
    panes: [{ name, program: { argv: [file, 'x'], cwd: '/here', env: { ...COLOURS, KEY: 'k' } } }],
  });
  expect(Object.keys(plan.panes[0]?.program.env ?? {})).toEqual(['COLORTERM', 'KEY']);
});
