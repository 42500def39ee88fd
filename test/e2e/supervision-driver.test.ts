import { expect, test } from 'vitest';
import { eventually } from '../helpers/eventually.js';
import { Terminal } from '../helpers/terminal.js';
import { TmuxProbe } from '../helpers/tmux-probe.js';
import { TriadHome } from '../helpers/triad-home.js';

const NAMES = ['engine', 'worker'];
const TRIAD = JSON.stringify({
  sessions: [
    {
      ...{ name: 'pair', layout: 'even-vertical' },
      panes: NAMES.map((name) => ({ name, command: ['cat'], focus: name === 'worker' })),
    },
  ],
});

test('a pane that a driver closes with prefix x comes back at its place, and the record says so', async () => {
  await using home = await TriadHome.make({ triad: TRIAD });
  const up = await home.up();
  const probe = await TmuxProbe.of(home);
  await using driver = Terminal.ssh({ port: up.port, keyPath: home.adminKey });
  await driver.sees('driving');
  const server = await probe.serverPid();
  const order = () =>
    probe.ask('list-panes', '-t', probe.target, '-F', '#{@triad_pane} #{pane_top} #{pane_height}');
  const before = await order();
  const [engine] = (await home.status()).sessions[0]?.panes ?? [];
  driver.type('\x02x');
  await driver.sees('kill-pane');
  driver.type('y');
  await eventually('the worker runs again', async () => {
    const [, worker] = (await home.status()).sessions[0]?.panes ?? [];
    return worker?.state === 'running' && worker.restarts === 1;
  });
  expect(await order()).toBe(before);
  expect((await home.status()).sessions[0]?.panes[0]).toMatchObject({
    ...{ id: engine?.id, pid: engine?.pid, restarts: 0 },
  });
  expect(await probe.serverPid()).toBe(server);
  const { stdout } = await home.run(['events']);
  expect(stdout).toContain('worker was closed, and is made again');
  expect(stdout).toMatch(/worker: \w+ -> backoff: its pane was closed/);
  const audit = await eventually('the audit has it', () =>
    home.lines('state/audit.jsonl').find((line) => JSON.stringify(line).includes('pane-closed')),
  );
  expect(audit).toMatchObject({ session: 'pair' });
});
