import { expect, test } from 'vitest';
import { ConfigurationError, RefusedError } from '../../../../src/base/errors.js';
import { sessionName } from '../../../../src/base/ids.js';
import { Executed } from '../../../helpers/executed.js';
import { describedPane, describedSession } from '../../../helpers/fake-host.js';

function verbsOf() {
  const asked: unknown[] = [];
  const verbs = new Executed({
    describe: async () => [describedSession([describedPane('worker')])],
    supervise: async ({ action, ...panes }) => void asked.push([action, panes]),
    pane: async ({ ask, ...pane }) => {
      asked.push([ask, pane]);
      return [];
    },
  });
  return { verbs, asked };
}

const WORKER = { session: 'pair', pane: 'worker' };

test.each([
  ['start', 'started'],
  ['stop', 'stopped'],
  ['restart', 'restarted'],
])('%s acts on one pane or all, and is on record', async (verb, done) => {
  const { verbs, asked } = verbsOf();
  expect(await verbs.run(verb, 'worker')).toMatchObject({ stdout: `${done} worker\n` });
  expect(await verbs.run(verb, '--all')).toMatchObject({ stdout: `${done} all panes of pair\n` });
  expect(asked).toEqual([
    [verb, WORKER],
    [verb, { session: 'pair', pane: null }],
  ]);
  expect(verbs.audited).toMatchObject([
    { event: 'panesSupervised', done, ...WORKER, actor: { engineer: 'dora' } },
    { event: 'panesSupervised', done, session: 'pair', pane: null },
  ]);
});

test.each([
  [['stop'], 'say which pane, or --all'],
  [['stop', 'worker', '--all'], 'say either a pane or --all'],
  [['stop', '--session', 'pair'], 'say which pane, or --all'],
  [['stop', '--all', '--session', 'none'], 'there is no session none'],
  [['stop', '--all'], 'all panes of which session?'],
])('%j is refused, and nothing is done', async (words, message) => {
  const { verbs, asked } = verbsOf();
  verbs.sessions = [sessionName('pair'), sessionName('other')];
  expect(await verbs.run(...words)).toMatchObject({
    ...{ exitCode: 64, stderr: expect.stringContaining(message) as string },
  });
  expect(asked).toEqual([]);
});

test('a pane name that one session alone has needs no session before it', async () => {
  const { verbs, asked } = verbsOf();
  verbs.sessions = [sessionName('pair'), sessionName('other')];
  expect(await verbs.run('stop', 'worker')).toMatchObject({ stdout: 'stopped worker\n' });
  expect(asked).toEqual([['stop', WORKER]]);
  const { stderr, exitCode } = await verbs.run('stop', 'nobody');
  expect([exitCode, stderr]).toEqual([64, expect.stringContaining('say SESSION:PANE')]);
});

test('a misspelt verb or pane is told the one that is near', async () => {
  const { verbs } = verbsOf();
  expect((await verbs.run('stauts')).stderr).toContain('did you mean status?');
  expect((await verbs.run('stop', 'wroker')).stderr).toContain('did you mean worker? panes: ');
});

test('a full disk is no internal error', async () => {
  const full = Object.assign(new Error('ENOSPC: no space left'), { code: 'ENOSPC' });
  const verbs = new Executed({ describe: () => Promise.reject(full) });
  const { stderr, exitCode } = await verbs.run('stop', 'worker');
  expect(stderr).toContain('triad: error: no space is left on the disk (ENOSPC)\n');
  expect(exitCode).toBe(75);
});

test('an observer stops, starts and signals nothing', async () => {
  const { verbs, asked } = verbsOf();
  verbs.roles = { pair: 'observer' };
  for (const words of [
    ['stop', '--all'],
    ['start', 'worker'],
    ['signal', 'worker', 'HUP'],
  ]) {
    expect((await verbs.run(...words)).exitCode).toBe(77);
  }
  expect(asked).toEqual([]);
});

test.each(['HUP', 'SIGHUP', 'sighup'])('signal takes %s', async (name) => {
  const { verbs, asked } = verbsOf();
  expect((await verbs.run('signal', 'worker', name)).stdout).toBe('sent SIGHUP to worker\n');
  expect(asked).toEqual([[{ verb: 'signal', signal: 'SIGHUP' }, WORKER]]);
  expect(verbs.audited).toMatchObject([{ event: 'paneSignalled', ...WORKER, signal: 'SIGHUP' }]);
});

test('what the host refuses is told with its words', async () => {
  const verbs = new Executed({
    describe: async () => [describedSession([describedPane('worker')])],
    supervise: () => Promise.reject(new RefusedError('worker runs already')),
  });
  expect(await verbs.run('start', 'worker')).toMatchObject({
    ...{ exitCode: 1, stderr: 'triad: error: worker runs already\n' },
  });
});

test('reload tells what changed', async () => {
  const session = sessionName('pair');
  const changes = [
    { session, pane: describedPane('worker').name, change: 'restarted' },
    { session, pane: null, change: 'changed' },
  ] as const;
  const verbs = new Executed({ reload: async () => ({ changes }) });
  expect((await verbs.run('reload')).stdout).toBe('pair:worker restarted\npair changed\n');
  expect(verbs.audited).toMatchObject([{ event: 'reloadRequested' }]);
  const same = new Executed({ reload: async () => ({ changes: [] }) });
  expect((await same.run('reload')).stdout).toBe('nothing has changed\n');
});

test('a wrong file is told problem by problem with status 78, without its place on the host', async () => {
  const problems = [
    '/home/x/config/triad.yaml:3:5: panes: is missing',
    '/home/x/config/triad.yaml: and 9 more',
  ];
  const verbs = new Executed({ reload: () => Promise.reject(new ConfigurationError(problems)) });
  expect(await verbs.run('reload')).toMatchObject({
    exitCode: 78,
    stderr:
      'triad: error: triad.yaml:3:5: panes: is missing\n' +
      'triad: error: triad.yaml: and 9 more\n' +
      'triad: hint: nothing was changed; correct the file and try again\n',
  });
});

test.each([
  ['restart', 'state'],
  ['restart', 'pair:state'],
  ['stop', '--all'],
])(
  'without a host that said which sessions there are, %s %s says that it cannot be reached',
  async (...words) => {
    const verbs = new Executed({});
    verbs.sessions = [];
    expect(await verbs.run(...words)).toMatchObject({
      exitCode: 69,
      stderr: expect.stringContaining('cannot be reached') as string,
    });
  },
);
