import { expect, test } from 'vitest';
import { eventually } from '../../../helpers/eventually.js';
import { SmallHost } from '../../../helpers/small-host.js';

const PANES = ['one', 'two'].map((name) => ({ name, title: name, command: ['cat'] }));
const SIXTY_FORTY = { layout: { columns: ['60%', '40%'] }, panes: PANES };

async function comes(small: SmallHost, cols: number, rows: number) {
  const session = small.plan({ panes: PANES }).name;
  const size = { cols, rows };
  const silent = { onOutput: () => undefined };
  return small.link.openDriver({ ...{ session, size, term: 'xterm-256color' }, ...silent });
}

async function widthsBecome(small: SmallHost, widths: string): Promise<void> {
  await eventually(
    `the panes became ${widths} columns wide`,
    async () =>
      (await small.tmux('list-panes', '-F', '#{pane_width}')).replace('\n', ' ') === widths,
  );
}

test('a new session is laid out at the size of its first driver, and by nobody who comes later', async () => {
  await using small = await SmallHost.startPlanned(SIXTY_FORTY);
  const first = await comes(small, 80, 24);
  // Of 79 columns without the border.
  await widthsBecome(small, '47 32');
  await small.tmux('resize-pane', '-t', 'pair:.0', '-x', '20');
  first.close();
  await first.ended;
  const second = await comes(small, 102, 24);
  await eventually(
    'the window is as wide as the second terminal',
    async () => (await small.tmux('display-message', '-p', '#{window_width}')) === '102',
  );
  // As tmux shares the difference: the configured layout has 61.
  const [left = ''] = (await small.tmux('list-panes', '-F', '#{pane_width}')).split('\n');
  expect(Number(left)).toBeLessThan(50);
  second.close();
  await second.ended;
});

test('a fixed size is laid out before anybody comes, and stays whoever comes', async () => {
  await using small = await SmallHost.startPlanned({
    ...SIXTY_FORTY,
    size: { follow: 'fixed 101x40' },
  });
  await widthsBecome(small, '60 40');
  const driver = await comes(small, 80, 24);
  await eventually('the driver is there', async () =>
    (await small.tmux('list-clients', '-F', '#{client_width}')).includes('80'),
  );
  expect(await small.tmux('display-message', '-p', '#{window_width}')).toBe('101');
  driver.close();
  await driver.ended;
});

test('whoever has opened or zoomed a pane before the first size is there keeps it', async () => {
  await using small = await SmallHost.startPlanned(SIXTY_FORTY);
  await small.tmux('resize-pane', '-Z', '-t', 'pair:.0');
  const first = await comes(small, 80, 24);
  await eventually(
    'the window is as wide as the first terminal',
    async () => (await small.tmux('display-message', '-p', '#{window_width}')) === '80',
  );
  first.close();
  await first.ended;
  expect(await small.tmux('display-message', '-p', '#{window_zoomed_flag}')).toBe('1');
});
