import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { eventually } from '../../helpers/eventually.js';
import { isAlive } from '../../helpers/keeper-pane.js';
import { SmallHost } from '../../helpers/small-host.js';

const pane = (name: string, command: string, more: object = {}) => ({
  ...{ name, command: `echo ${name} >> starts; ${command}` },
  ...{ backoff: { first: '50ms', jitter: 0 }, ...more },
});
const PLAN = {
  panes: [
    pane('engine', 'echo ready 1; exec cat'),
    pane('worker', 'exec cat', { dependsOn: { engine: 'log:/ready [0-9]+/' } }),
  ],
  rules: [
    { name: 'crashed', when: { pane: 'worker', state: 'backoff' }, do: { notify: 'x' } },
    { name: 'quiet', when: { pane: 'engine', silence: '1s' }, do: { notify: 'y' } },
  ].map((rule) => ({ ...rule, cooldown: '0s' })),
};

const startsIn = (small: SmallHost) => readFileSync(join(small.directory, 'starts'), 'utf8');

async function hasFired(small: SmallHost, rule: string): Promise<void> {
  await eventually(
    `${rule} has fired`,
    () => small.events.some(({ kind, by }) => kind === 'rule-fired' && by === `rule:${rule}`),
    () => small.log.join(''),
  );
}

test('after an adoption rules fire as before, and lines that were printed before it still count', async () => {
  await using small = await SmallHost.startPlanned(PLAN);
  const first = await small.reaches('worker', 'running');
  await small.host.close();
  process.kill(first.pid ?? 0, 'SIGKILL');
  await eventually('it has ended', () => !isAlive(first.pid ?? 0));
  small.events.length = 0;
  await small.restart();
  await hasFired(small, 'crashed');
  await hasFired(small, 'quiet');
  const second = await small.reaches('worker', 'running');
  small.events.length = 0;
  await small.restart();
  process.kill(second.pid ?? 0, 'SIGKILL');
  await hasFired(small, 'crashed');
  await eventually('it was started again', () => startsIn(small).split('worker').length === 4);
  expect((await small.pane('engine')).restarts).toBe(0);
});
