import { rmSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { count } from '../helpers/counts.js';
import { eventually } from '../helpers/eventually.js';
import { TESTED_TMUX } from '../helpers/tested-tmux.js';
import { TmuxProbe } from '../helpers/tmux-probe.js';
import { TriadHome } from '../helpers/triad-home.js';

const TRIAD = `sessions:
  - name: pair
    panes:
      - {name: worker, command: 'echo x >> starts; exec cat', backoff: {first: 50ms, factor: 1}}
`;
/** What a stop may take in all (src/cli/process-end.ts); these come to an end by themselves, and sooner. */
const GOODBYE = 'goes on';

/** A tmux whose clients hang as long as a file says so, as they do where its server was stopped. */
const hangingTmux = (root: string, tmux: string) => `#!/bin/sh
case "$*" in *tmux.sock*) [ -e ${root}/hangs ] && exec sleep 1000 ;; esac
exec ${tmux} "$@"
`;

async function makeHome(): Promise<TriadHome> {
  const env: Record<string, string> = {};
  const home = await TriadHome.make({ triad: TRIAD, env });
  const tmux = TESTED_TMUX;
  writeFileSync(home.path('tmux'), hangingTmux(home.root, tmux), { mode: 0o755 });
  env['TRIAD_TMUX'] = home.path('tmux');
  return home;
}

async function workerOf(home: TriadHome) {
  return eventually('the worker runs', async () => {
    const pane = (await home.status()).sessions[0]?.panes[0];
    return pane?.state === 'running' ? pane : undefined;
  });
}

test('a stop while a keeper is being replaced ends the process, and leaves the pane to the next one', async () => {
  await using home = await TriadHome.make({ triad: TRIAD });
  for (let round = 0; round < count(1, 100); round += 1) {
    const up = await home.up();
    await workerOf(home);
    const probe = await TmuxProbe.of(home);
    const keeper = Number(await probe.ask('list-panes', '-s', '-F', '#{pane_pid}'));
    process.kill(keeper, 'SIGKILL');
    up.process.kill('SIGTERM');
    const { code, stderr } = await up.ended;
    expect(code, stderr).toBe(0);
    expect(stderr).toContain(GOODBYE);
  }
  await home.up();
  expect((await home.run(['stop', 'worker'])).code).toBe(0);
  expect((await home.status()).sessions[0]?.panes[0]).toMatchObject({ state: 'stopped' });
});

test('a stop while tmux hangs ends the process, and so does one in the middle of a start', async () => {
  await using home = await makeHome();
  const first = await home.up();
  const { pid } = await workerOf(home);
  writeFileSync(home.path('hangs'), '');
  first.process.kill('SIGTERM');
  expect(await first.ended).toMatchObject({ code: 0 });
  const second = home.begin(['up', '--listen', '127.0.0.1:0']);
  await eventually('the second start has begun', () => second.stderr().includes('starting pair'));
  second.process.kill('SIGTERM');
  const { code, stdout, stderr } = await second.ended;
  expect({ code, stdout }, stderr).toEqual({ code: 0, stdout: '' });
  expect(stderr).toContain('stopped before it was ready');
  rmSync(home.path('hangs'));
  await home.up();
  expect(await workerOf(home)).toMatchObject({ pid, restarts: 0 });
});
