import { expect, test } from 'vitest';
import { paneId, sessionName } from '../../../../src/base/ids.js';
import type { PaneDescription } from '../../../../src/base/pane.js';
import { ageText, bytesText } from '../../../../src/gateway/commands/amount-text.js';
import { LinkLostError } from '../../../../src/link/link-lost.js';
import { Executed } from '../../../helpers/executed.js';
import { describedPane, describedSession } from '../../../helpers/fake-host.js';

const busy = {
  ...{ linesPerSecond: 3, bytesPerSecond: 1234, lastOutputAt: 0 },
  ...{ cpu: 0.034, memoryBytes: 125_829_120, processes: 3 },
};

function statusOf(...panes: PaneDescription[]): Executed {
  return new Executed({ describe: async () => [describedSession(panes)] });
}

/** With ages of a known length. */
function pane(name: string, parts: Partial<PaneDescription> = {}): PaneDescription {
  const began = Date.now() - 125_000;
  return describedPane(name, { startedAt: began, since: began, telemetry: busy, ...parts });
}

const TROUBLE = [
  pane('engine', { state: 'healthy', command: 'python engine.py --verbose --model large' }),
  pane('worker', {
    ...{ state: 'backoff', pid: null, restarts: 17, reason: 'ended by \x1b[2JSIGKILL' },
    ...{ lastExit: { status: null, signal: 'SIGKILL', at: 0 }, startsAt: Date.now() + 65_500 },
  }),
  pane('state', { question: 'Overwrite? [y/N]', problems: ['its log file cannot be written'] }),
];

test('when all is well there is a table and nothing else to read', async () => {
  const { stdout } = await statusOf(pane('engine', { state: 'healthy' })).run('status');
  expect(stdout).toMatch(
    /^session pair: running \(tmux 3\.4\)\nPANE {4}STATE {4}AGE {2,4}RESTARTS {2}CPU {2}MEM {3}OUT\/S {2}LAST EXIT {2}COMMAND\nengine {2}healthy {2}2m[45]s? *0 {9}3% {3}120M {2}1\.2K {3}- {10}cat\n\ngateway: /,
  );
});

test('what needs attention is said first, and why below the table', async () => {
  const { stdout } = await statusOf(...TROUBLE).run('status');
  const lines = stdout.split('\n');
  expect(lines[0]).toBe('needs attention: pair:worker backoff, pair:state needs input');
  expect(stdout).toMatch(/\n {2}worker: ended by \\x1b\[2JSIGKILL, starts again in 1m[0-5]s\n/);
  expect(stdout).toContain('\n  state: asks: Overwrite? [y/N]\n');
  expect(stdout).toContain('\n  state: its log file cannot be written\n');
  expect(stdout).not.toContain('\x1b');
});

test('panes that drivers have opened are listed, and need no attention', async () => {
  const id = paneId('%7');
  const panes = [
    { id, window: 0, command: 'vim notes' },
    { id: paneId('%8'), window: 1, command: null },
  ];
  const verbs = new Executed({
    describe: async () => [
      describedSession([pane('engine', { state: 'healthy' })], { opened: { count: 5, panes } }),
    ],
  });
  const { stdout } = await verbs.run('status');
  expect(stdout).toMatch(/^session pair/);
  expect(stdout).toContain(
    '\n  %7: opened by a driver, window 0: vim notes\n  %8: opened by a driver, window 1: ended\n  3 more opened by drivers\n\n',
  );
  const { stdout: json } = await verbs.run('status', '--json');
  expect(JSON.parse(json)).toMatchObject({ sessions: [{ opened: { count: 5, panes } }] });
});

test.each([40, 60, 80, 100, 200])('the table fits into %i columns', async (cols) => {
  const verbs = statusOf(...TROUBLE);
  verbs.terminal = { cols, hasColour: false };
  const { stdout } = await verbs.run('status');
  const table = stdout.split('\n').slice(2, 7);
  expect(Math.max(...table.map((line) => line.length))).toBeLessThanOrEqual(cols);
  expect(stdout.includes('COMMAND')).toBe(cols >= 80);
});

test('a terminal that has colours gets them for the states alone', async () => {
  const verbs = statusOf(...TROUBLE);
  verbs.terminal = { cols: 80, hasColour: true };
  const { stdout } = await verbs.run('status');
  expect(stdout).toContain('\x1b[32mhealthy\x1b[0m');
  expect(stdout).toContain('\x1b[31mbackoff\x1b[0m');
});

test('a session that is being made again needs attention', async () => {
  const verbs = new Executed({
    describe: async () => [describedSession([], { state: 'starting' })],
  });
  expect((await verbs.run('status')).stdout).toMatch(/^needs attention: pair starting\n/);
});

test('nobody sees sessions they have no access to', async () => {
  const other = describedSession([], { name: sessionName('other'), state: 'ended' });
  const verbs = new Executed({ describe: async () => [describedSession([]), other] });
  expect((await verbs.run('status')).stdout).not.toContain('other');
});

test('JSON has everything, with times as ISO 8601', async () => {
  const { stdout } = await statusOf(...TROUBLE).run('status', '--json');
  const [session] = (JSON.parse(stdout) as { sessions: { panes: object[] }[] }).sessions;
  expect(session?.panes[1]).toMatchObject({
    ...{ state: 'backoff', crashes: 0, question: null, problems: [], reason: TROUBLE[1]?.reason },
    ...{ startsAt: new Date(TROUBLE[1]?.startsAt ?? 0).toISOString() },
    lastExit: { signal: 'SIGKILL', at: '1970-01-01T00:00:00.000Z' },
    telemetry: { bytesPerSecond: 1234, cpu: 0.034 },
  });
});

test('--watch shows it again when something happens, and says when the host is away', async () => {
  const leave = new AbortController();
  let looks = 0;
  const verbs = new Executed({
    describe: async () => {
      looks += 1;
      if (looks === 3) leave.abort();
      if (looks === 2) throw new LinkLostError();
      return [describedSession([pane('engine')])];
    },
    events: async () => ({ events: [], last: looks, missed: 0, afterAt: null }),
  });
  const pieces = await verbs.pieces(['status', '--watch'], leave.signal);
  expect(pieces).toMatchObject([
    { kind: 'screen', text: expect.stringMatching(/^session pair: running/) as string },
    { kind: 'screen', text: 'triad: the host cannot be reached, waiting for it\n' },
  ]);
});

test.each([
  [0, '0s'],
  [-5, '0s'],
  [59_999, '59s'],
  [60_000, '1m'],
  [3_599_000, '59m59s'],
  [183_600_000, '2d3h'],
  [172_800_000 + 59_000, '2d'],
])('%i ms are %s', (ms, text) => {
  expect(ageText(ms)).toBe(text);
});

test.each([
  [0, '0'],
  [0.4, '0'],
  [812.3, '812'],
  [1023, '1023'],
  [1024, '1.0K'],
  [125_829_120, '120M'],
  [5e15, '4547T'],
])('%f bytes are %s', (bytes, text) => {
  expect(bytesText(bytes)).toBe(text);
});

test('who has 128 verbs under way is refused with a sentence and 75, and others are not', async () => {
  const verbs = new Executed({ describe: async () => [describedSession([])] });
  for (let count = 0; count < 128; count += 1) verbs.share.open('dora');
  expect(await verbs.run('status')).toMatchObject({
    exitCode: 75,
    stderr: 'triad: error: too much is asked at once\ntriad: hint: try again in a moment\n',
  });
  verbs.engineer = 'olga';
  expect((await verbs.run('status')).exitCode).toBe(0);
  expect(verbs.share.refused).toBe(1);
});
