import { expect, test } from 'vitest';
import {
  PANE_STATES,
  type PaneDescription,
  type PaneExit,
  type PaneState,
} from '../../../src/base/pane.js';
import { paneOptions, sessionOptions } from '../../../src/host/session/board-texts.js';
import { Executed } from '../../helpers/executed.js';
import { describedPane, describedSession } from '../../helpers/fake-host.js';

const NOBODY = { drivers: [], observers: 0 };
const ENDS = {
  none: null,
  clean: { status: 0, signal: null, at: 0 },
  failed: { status: 3, signal: null, at: 0 },
  killed: { status: null, signal: 'SIGKILL', at: 0 },
  unknown: { status: null, signal: null, at: 0 },
} satisfies Record<string, PaneExit | null>;

/** What needs somebody whatever else is so, and what the border tells where nothing does. */
const ALWAYS: readonly PaneState[] = ['failed', 'unhealthy', 'backoff'];
const WELL: readonly PaneState[] = ['running', 'healthy'];

interface Case {
  readonly pane: PaneDescription;
  readonly end: keyof typeof ENDS;
}

const CASES: readonly Case[] = PANE_STATES.flatMap((state) =>
  (['none', 'clean', 'failed', 'killed', 'unknown'] as const).flatMap((end) =>
    [null, '', 'Overwrite?'].flatMap((question) =>
      [[], ['its log cannot be written']].flatMap((problems) =>
        [false, true].map((isClosed) => {
          const there = describedPane('worker', { state, question, problems, lastExit: ENDS[end] });
          return { end, pane: isClosed ? { ...there, id: null } : there };
        }),
      ),
    ),
  ),
);

/** The rule of docs/supervision.md, written a second time. */
function expected({ pane, end }: Case): string {
  const { id, question, state, problems } = pane;
  if (id === null && problems.length === 0) return 'closed';
  if (question !== null) return 'needs input';
  if (ALWAYS.includes(state)) return state;
  if (state === 'exited' && end !== 'clean') return 'exited';
  return problems.length > 0 ? 'has a problem' : '';
}

function expectedOnBorder({ pane, end }: Case): string {
  const word = expected({ pane, end });
  const text = {
    none: '',
    clean: 'exit 0',
    failed: 'exit 3',
    killed: 'SIGKILL',
    unknown: 'exit ?',
  };
  if (word !== '' && word !== pane.state) return word;
  if (WELL.includes(pane.state)) return '';
  const hasEnded = pane.state === 'exited' || pane.state === 'backoff';
  return hasEnded && end !== 'none' ? text[end] : pane.state;
}

async function firstLine(pane: PaneDescription, ...words: string[]): Promise<string> {
  const verbs = new Executed({ describe: async () => [describedSession([pane])] });
  const { stdout, exitCode } = await verbs.run(...words);
  expect(exitCode).toBe(0);
  return stdout.split('\n').find((line) => line.startsWith('needs attention')) ?? '';
}

test('status line, border, status and down agree about every pane', async () => {
  expect(CASES).toHaveLength(PANE_STATES.length * 5 * 3 * 2 * 2);
  for (const each of CASES) {
    const { pane } = each;
    const why = expected(each);
    const facts = JSON.stringify([pane.state, each.end, pane.question, pane.problems, pane.id]);
    const line = why === '' ? '' : `needs attention: pair:worker ${why}`;
    const ofSession = sessionOptions({ state: 'running', panes: [pane] }, NOBODY);
    expect(ofSession['@triad_attention'], facts).toBe(why === '' ? '' : `worker ${why}`);
    expect(await firstLine(pane, 'status'), facts).toBe(line);
    expect(await firstLine(pane, 'down'), facts).toBe(line);
    const border = paneOptions(pane)['@triad_state'];
    if (pane.id !== null) expect(border, facts).toBe(expectedOnBorder(each));
  }
});

test('a session that is made again is told, and not that its panes are not there', async () => {
  const panes = [
    describedPane('engine', { id: null }),
    describedPane('worker', { state: 'failed' }),
  ];
  const session = describedSession(panes, { state: 'starting' });
  const verbs = new Executed({ describe: async () => [session] });
  const told = 'needs attention: pair starting, pair:worker failed\n';
  expect((await verbs.run('status')).stdout).toContain(told);
  expect((await verbs.run('down')).stdout).toContain(told);
});

test('down stops the gateway of a host that does not answer, and one that ends all tells of no pane', async () => {
  const away = new Executed({ describe: () => new Promise(() => undefined) });
  expect(await away.run('down')).toMatchObject({ exitCode: 0 });
  const failed = describedSession([describedPane('worker', { state: 'failed' })]);
  const verbs = new Executed({ describe: async () => [failed] });
  expect((await verbs.run('down', '--session')).stdout).not.toContain('needs attention');
});
