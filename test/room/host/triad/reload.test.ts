import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { TmuxError, TmuxServer } from '../../../../src/host/tmux/tmux-server.js';
import { eventually } from '../../../helpers/eventually.js';
import { isAlive } from '../../../helpers/keeper-pane.js';
import { SmallHost } from '../../../helpers/small-host.js';

const SOON = { backoff: { first: '50ms', jitter: 0 } };
const pane = (name: string, more: object = {}) => ({
  ...{ name, command: `echo ${name} >> starts; exec cat`, ...SOON, ...more },
});
const changed = (name: string) => pane(name, { command: `echo new ${name} >> starts; exec cat` });

function startsIn(small: SmallHost): string[] {
  const path = join(small.directory, 'starts');
  return existsSync(path) ? readFileSync(path, 'utf8').trim().split('\n').sort() : [];
}

const started = (small: SmallHost, ...names: string[]) =>
  eventually(
    `${names.join(', ')} were started`,
    () => startsIn(small).join() === names.join(),
    () => `${startsIn(small).join()}\n${small.log.join('')}`,
  );

async function reload(small: SmallHost, session: object): Promise<string[]> {
  const { changes } = await small.reload(session);
  return changes.map(({ pane: name, change }) => `${name ?? 'session'} ${change}`);
}

async function panesIn(small: SmallHost): Promise<string[]> {
  return (await small.tmux('list-panes', '-s', '-F', '#{@triad_pane}')).split('\n').sort();
}

/** tmux refuses one command of those that begin so, before or after it was done. */
function refuseOnce(small: SmallHost, subcommand: string, when: 'before' | 'after'): void {
  const run = TmuxServer.prototype.run.bind(small.server);
  let isDue = true;
  vi.spyOn(small.server, 'run').mockImplementation(async (args) => {
    if (args.includes(subcommand) && isDue) {
      isDue = false;
      if (when === 'after') await run(args);
      else throw new TmuxError(subcommand, 'no answer');
    }
    return run(args);
  });
}

test('a pane that is configured again is the one that went on without, and nothing else is touched', async () => {
  await using small = await SmallHost.startPlanned({
    panes: [pane('one'), pane('two'), pane('three')],
  });
  const before = await small.reaches('two', 'running');
  await small.restart({ panes: [pane('one'), pane('three')] });
  const next = { panes: [pane('two'), pane('one'), pane('three')] };
  expect(await reload(small, next)).toEqual(['session changed', 'two added']);
  const [session] = await small.host.describe();
  expect(session?.panes.map(({ name, state }) => `${name} ${state}`)).toEqual([
    ...['two running', 'one running', 'three running'],
  ]);
  expect(await small.pane('two')).toMatchObject({ id: before.id, pid: before.pid });
  expect(await panesIn(small)).toEqual(['one', 'three', 'two']);
  expect(await reload(small, next)).toEqual([]);
  await started(small, 'one', 'three', 'two');
});

test('what changed in triad.yaml while no manager was there is made or told at once, and done by a reload', async () => {
  await using small = await SmallHost.startPlanned({ panes: [pane('one'), pane('two')] });
  const two = await small.reaches('two', 'running');
  const next = { panes: [changed('one'), pane('extra')] };
  await small.restart(next);
  await small.reaches('extra', 'running');
  await started(small, 'extra', 'one', 'two');
  expect(small.events.filter(({ kind }) => kind === 'pane-closed')).toEqual([]);
  expect(await reload(small, next)).toEqual(['session changed', 'two removed', 'one restarted']);
  await started(small, 'extra', 'new one', 'one', 'two');
  expect(isAlive(two.pid ?? 0)).toBe(false);
  expect(await panesIn(small)).toEqual(['extra', 'one']);
  expect(await reload(small, next)).toEqual([]);
});

test('what of a reload fails costs nothing else, and is done by the next one', async () => {
  await using small = await SmallHost.startPlanned({ panes: [pane('one'), pane('two')] });
  const rules = [{ name: 'r', when: { pane: 'one', state: 'failed' }, do: { notify: 'x' } }];
  const next = { panes: [pane('added'), changed('one'), pane('two')], rules };
  refuseOnce(small, 'split-window', 'before');
  await expect(small.reload(next)).rejects.toThrow(/added: .*no answer/);
  await started(small, 'new one', 'one', 'two');
  expect(await reload(small, next)).toEqual(['session changed', 'added added']);
  await started(small, 'added', 'new one', 'one', 'two');
  // As when somebody closes it in the same moment.
  refuseOnce(small, 'kill-pane', 'after');
  expect(await reload(small, { panes: [pane('added'), changed('one')], rules })).toEqual([
    ...['session changed', 'two removed'],
  ]);
  expect(await panesIn(small)).toEqual(['added', 'one']);
});

test('a pane that failed is started by its mended program, one that is being ended gets it then, one that was stopped stays so', async () => {
  const slow = { command: 'trap "" TERM; echo slow >> starts; while :; do sleep 1; done' };
  await using small = await SmallHost.startPlanned({
    panes: [
      pane('one', { command: ['/nonexistent'], crashLimit: 1 }),
      pane('slow', { ...slow, stop: { grace: '500ms' } }),
      pane('two'),
    ],
  });
  await small.reaches('one', 'failed');
  await started(small, 'slow', 'two');
  await small.link.supervise({ ...small.address('two'), action: 'stop' });
  const restart = small.link.supervise({ ...small.address('slow'), action: 'restart' });
  await small.reaches('slow', 'stopping');
  const next = { panes: [pane('one'), changed('slow'), changed('two')] };
  expect(await reload(small, next)).toEqual(['one restarted', 'slow restarted', 'two changed']);
  await restart;
  await started(small, 'new slow', 'one', 'slow', 'two');
  expect(await small.pane('two')).toMatchObject({ state: 'stopped' });
  expect(await reload(small, next)).toEqual([]);
});

test('a closed pane that is not configured is forgotten', async () => {
  await using small = await SmallHost.startPlanned({ panes: [pane('one'), pane('two')] });
  const { id } = await small.reaches('two', 'running');
  await small.restart({ panes: [pane('one')] });
  await small.tmux('kill-pane', '-t', id ?? '');
  await eventually('the pane is forgotten', async () => {
    const [session] = await small.host.describe();
    return session?.panes.map(({ name }) => name).join() === 'one';
  });
});

test('a pane whose mending fails when it was made is mended again', async () => {
  await using small = await SmallHost.startPlanned({ panes: [pane('one'), pane('two')] });
  await started(small, 'one', 'two');
  await small.checked();
  const { id } = await small.pane('two');
  refuseOnce(small, 'select-layout', 'before');
  await small.server.run(['kill-pane', '-t', id ?? '']);
  await eventually('the log says that the pane was not repaired', () =>
    small.log.join('').includes('pane not repaired'),
  );
  small.pass(2_000);
  await started(small, 'one', 'two', 'two');
  await small.reaches('two', 'running');
  expect(await panesIn(small)).toEqual(['one', 'two']);
});

test('a reload takes back a question nobody waits for any more, closes logs, and lists other rules once', async () => {
  const rule = (match: string) => [
    { name: 'r', when: { pane: 'one', match }, do: { notify: 'x' } },
  ];
  const asking = pane('one', { needsInput: { silence: '1s' } });
  const logged = pane('two', { command: 'echo hello; exec cat', logFile: true });
  await using small = await SmallHost.startPlanned({ panes: [asking, logged], rules: rule('a') });
  await small.reaches('one', 'running');
  expect(await reload(small, { panes: [asking, logged], rules: rule('b') })).toEqual([
    'session changed',
  ]);
  small.health.tell(small.address('one').pane, { kind: 'asks', question: 'continue?' });
  const { id } = await small.pane('one');
  const shown = () => small.tmux('display-message', '-p', '-t', id ?? '', '#{@triad_state}');
  await eventually(
    'the border shows that the pane needs input',
    async () => (await shown()) === 'needs input',
  );
  const logs = () =>
    readdirSync('/proc/self/fd').filter((fd) => {
      try {
        return readlinkSync(`/proc/self/fd/${fd}`).startsWith(join(small.directory, 'logs'));
      } catch {
        return false;
      }
    });
  await eventually('the log file is open', () => logs().length === 1);
  await small.reload({ panes: [pane('one', { needsInput: false })], rules: rule('b') });
  await eventually(
    'the border shows no question any more',
    async () => (await shown()) !== 'needs input',
  );
  await eventually('the log file is closed', () => logs().length === 0);
});
