import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { isAlive } from '../../../helpers/keeper-pane.js';
import { PAIR, SmallHost } from '../../../helpers/small-host.js';

const PLAN = {
  panes: [
    { name: 'worker', command: 'exec cat' },
    { name: 'engine', command: 'exec cat' },
  ],
};

test('a keeper whose socket was deleted while nobody managed is taken over as the others are', async () => {
  await using small = await SmallHost.startPlanned(PLAN);
  const [worker, engine] = [await small.pane('worker'), await small.pane('engine')];
  await small.host.close();
  rmSync(join(small.directory, 'worker.keeper'));
  await small.restart();
  expect(await small.pane('worker')).toMatchObject({ pid: worker.pid, restarts: 0 });
  expect(await small.pane('engine')).toMatchObject({ pid: engine.pid, restarts: 0 });
});

test('a session whose tmux socket somebody removed ends as others do, and nothing of it lives on', async () => {
  await using small = await SmallHost.startPlanned(PLAN);
  const server = Number(await small.tmux('display-message', '-p', '#{pid}'));
  const { pid } = await small.pane('worker');
  rmSync(small.server.socketPath);
  await small.link.endSession({ session: PAIR });
  expect([server, pid ?? 0].filter(isAlive)).toEqual([]);
});
