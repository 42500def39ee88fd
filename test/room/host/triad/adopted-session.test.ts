import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { eventually } from '../../../helpers/eventually.js';
import { isAlive } from '../../../helpers/keeper-pane.js';
import { signalNow } from '../../../helpers/signal.js';
import { SmallHost } from '../../../helpers/small-host.js';
import { tapOf } from '../../../helpers/tap-process.js';

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
  signalNow(first.pid, 'SIGKILL');
  await eventually('the first command has ended', () => !isAlive(first.pid ?? 0));
  small.events.length = 0;
  await small.restart();
  await hasFired(small, 'crashed');
  await hasFired(small, 'quiet');
  const second = await small.reaches('worker', 'running');
  small.events.length = 0;
  await small.restart();
  signalNow(second.pid, 'SIGKILL');
  await hasFired(small, 'crashed');
  await eventually(
    'the worker was started again',
    () => startsIn(small).split('worker').length === 4,
  );
  expect((await small.pane('engine')).restarts).toBe(0);
});

const TALK = {
  panes: ['kept', 'untapped'].map((name) => ({ name, command: 'stty -echo; echo up; exec cat' })),
  rules: [
    { name: 'said', when: { pane: 'kept', match: 'word' }, do: { notify: 'x' }, cooldown: '0s' },
  ],
};

async function said(small: SmallHost, name: string): Promise<string> {
  const request = { start: { at: 0 }, maxBytes: 65_536, waitMs: 0 } as const;
  return Buffer.from(
    (await small.link.output({ ...small.address(name), ...request })).bytes,
  ).toString();
}

/** Types as somebody does who is inside tmux, and waits until the program has answered. */
async function sayInside(small: SmallHost, id: string, text: string): Promise<void> {
  await small.tmux('send-keys', '-t', id, text, 'Enter');
  await eventually('the program has answered', async () => {
    return (await small.tmux('capture-pane', '-p', '-t', id)).includes(text);
  });
}

test('what panes put out while no host was there is in the record, fires no rule, and a gap is told', async () => {
  await using small = await SmallHost.startPlanned(TALK);
  const [kept = '', untapped = ''] = await Promise.all(
    ['kept', 'untapped'].map(async (name) => (await small.reaches(name, 'running')).id ?? ''),
  );
  for (const name of ['kept', 'untapped']) {
    await eventually('the program of the pane has started', async () =>
      (await said(small, name)).includes('up'),
    );
  }
  await small.host.close();
  await sayInside(small, kept, 'word 1');
  process.kill(tapOf(small.directory, 'untapped'), 'SIGKILL');
  await sayInside(small, untapped, 'unheard');
  await eventually('tmux has noticed', async () => {
    return (await small.tmux('display-message', '-p', '-t', untapped, '#{pane_pipe}')) === '0';
  });
  small.events.length = 0;
  await small.restart();
  const mark = String.raw`\[triad: taken over at [\d:]{8}: above this is what the pane showed then, as far as it was kept\]\r\n`;
  expect(await said(small, 'kept')).toMatch(new RegExp(`^up\r\n${mark}word 1\r\n$`));
  const gap = String.raw`\[triad: output from .* was not kept\]\r\n`;
  await eventually('the gap is marked', async () => {
    return new RegExp(`^up\r\n(unheard\r\n)+${mark}${gap}$`).test(await said(small, 'untapped'));
  });
  await sayInside(small, kept, 'word 2');
  await hasFired(small, 'said');
  expect(small.events.filter(({ kind }) => kind === 'rule-fired')).toHaveLength(1);
  const lost = small.events.filter(({ kind }) => kind === 'output-lost');
  expect(lost.map(({ pane: of, text }) => `${of}: ${text}`)).toEqual([
    expect.stringMatching(/^untapped: its output from [\d:]{8} to [\d:]{8} was not kept/),
  ]);
});
