/**
 * tmux 3.7 to 3.7c hang for good, and every pane with them, as soon as a terminal is narrower than the window, a pane's
 * border has a status and that pane starts further right than its status is long. Sessions start at 200x50, so that the
 * first ordinary terminal was enough.
 */
import { expect, test } from 'vitest';
import { eventually } from '../../../helpers/eventually.js';
import { SmallHost } from '../../../helpers/small-host.js';

const PANES = ['one', 'two', 'three'].map((name) => ({ name, title: name, command: ['cat'] }));

test('a terminal narrower than the window hangs no tmux, whatever a driver sets', async () => {
  await using small = await SmallHost.startPlanned({ layout: 'even-horizontal', panes: PANES });
  for (const set of ['set-option', 'set-window-option', 'setw']) {
    await small.tmux(set, ...(set === 'set-option' ? ['-w'] : []), 'pane-border-status', 'top');
  }
  let output = '';
  const view = await small.link.openDriver({
    ...{ session: small.plan({ panes: PANES }).name, term: 'xterm-256color' },
    size: { cols: 180, rows: 40 },
    onOutput: (bytes) => {
      output += Buffer.from(bytes).toString('latin1');
    },
  });
  await eventually('the driver sees the session', () => output.includes('leaves'));
  await small.tmux('resize-window', '-t', 'pair', '-x', '200', '-y', '50');
  expect(await small.tmux('display-message', '-p', '#{window_width}')).toBe('200');
  view.close();
  await view.ended;
}, 40_000);
