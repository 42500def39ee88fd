import { expect, test } from 'vitest';
import { engineerName, paneName } from '../../../../src/base/ids.js';
import type { PaneDescription } from '../../../../src/base/pane.js';
import {
  paneOptions,
  sessionOptions,
  shownLiterally,
} from '../../../../src/host/session/board-texts.js';
import { describedPane } from '../../../helpers/pane-description.js';

const running = (...panes: PaneDescription[]) => ({ state: 'running' as const, panes });
const NOBODY = { drivers: [], observers: 0 };
const named = (name: string) => ({ name: paneName(name) });

test('nothing is shown while all is well, but for the age', () => {
  const pane = describedPane({ state: 'healthy', startedAt: 7_900 });
  expect(paneOptions(pane)).toEqual({
    '@triad_state': '',
    '@triad_restarts': '',
    '@triad_since': '7',
  });
  expect(sessionOptions(running(pane), NOBODY)).toEqual({
    '@triad_attention': '',
    '@triad_presence': '',
  });
});

test('a border tells the state, the restarts, and since when it is so', () => {
  const failed = describedPane({ state: 'failed', restarts: 12, pid: null, since: 5_000 });
  expect(paneOptions(failed)).toEqual({
    '@triad_state': 'failed',
    '@triad_restarts': '12',
    '@triad_since': '5',
  });
  const asking = describedPane({ state: 'healthy', question: 'Overwrite? [y/N]' });
  expect(paneOptions(asking)['@triad_state']).toBe('needs input');
});

test.each([
  ['worker failed', [describedPane({ state: 'failed' })]],
  ['worker closed', [describedPane({ id: null })]],
  ['worker has a problem', [describedPane({ problems: ['its log cannot be written'] })]],
  ['', [describedPane({ state: 'stopped' }), describedPane({ state: 'waiting' })]],
  [
    'a needs input, b backoff',
    [
      describedPane({ ...named('a'), question: '?' }),
      describedPane({ ...named('b'), state: 'backoff' }),
    ],
  ],
  [
    '3 panes need attention',
    ['one-of-them', 'another-of-them', 'the-last'].map((name) =>
      describedPane({ ...named(name), state: 'failed' }),
    ),
  ],
])('the status line says "%s"', (text, panes) => {
  expect(sessionOptions(running(...panes), NOBODY)['@triad_attention']).toBe(text);
});

test.each([
  ['anna', ['anna'], 0],
  ['anna, ben', ['anna', 'ben'], 0],
  ['anna +2, 1200 watching', ['anna', 'ben', 'chris'], 1200],
  ['2 driving, 12 watching', ['anna-with-a-long-name', 'ben'], 12],
  ['3 watching', [], 3],
])('the status line says who is there: %s', (text, names, observers) => {
  const drivers = names.map(engineerName);
  expect(sessionOptions(running(), { drivers, observers })['@triad_presence']).toBe(text);
});

test('no text of somebody becomes a format, a style or a control sequence', () => {
  expect(shownLiterally('#{pid} #[fg=red] #(id) \u001b[2J')).toBe(
    '##{pid} ##[fg=red] ##(id) \\x1b[2J',
  );
});
