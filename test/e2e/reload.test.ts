import { chmodSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { eventually } from '../helpers/eventually.js';
import { CAT_TRIAD, lasting, TriadHome } from '../helpers/triad-home.js';

const reloads = (home: TriadHome) =>
  home.lines('state/events.jsonl').flatMap(({ kind, text }) => (kind === 'reloaded' ? [text] : []));

test('a hang-up reads triad.yaml again: a wrong one changes nothing and says why', async () => {
  await using home = await TriadHome.make();
  const up = await home.up();
  const before = await home.status();
  writeFileSync(home.path('config/triad.yaml'), 'sessions:\n  - name: Pair\n');
  up.process.kill('SIGHUP');
  await eventually('the reload is on record', () => reloads(home).length === 1);
  expect(reloads(home)[0]).toMatch(
    /^reload failed, nothing was changed: .*config\/triad\.yaml:2:5: .*name: must be/,
  );
  expect(home.read('state/triad.log')).toMatch(/triad\.yaml not applied after SIGHUP/);
  const isTold = () => /triad: error: .*config\/triad\.yaml:2:5: /.test(up.stderr());
  await eventually('the problem is on standard error', isTold, up.stderr);
  expect(lasting(await home.status())).toEqual(lasting(before));
});

test('validate says what is wrong, where, and starts nothing', async () => {
  await using home = await TriadHome.make();
  const right = await home.run(['validate']);
  const files = ['config/triad.yaml', 'config/gateway.yaml', 'config/tmux.conf'];
  const all = [...files, 'keys/authorized_keys', 'keys'].map((name) => home.path(name));
  expect(right).toEqual({
    code: 0,
    stderr: '',
    stdout: all.map((each) => `${each}: ok\n`).join(''),
  });
  writeFileSync(
    home.path('config/triad.yaml'),
    CAT_TRIAD.replace('[cat]', '[cat], restart: maybe'),
  );
  writeFileSync(home.path('config/gateway.yaml'), 'listen: 7\n');
  writeFileSync(home.path('config/tmux.conf'), 'set -g status on\nbogus-command\n');
  home.addGrant('olga', 'role="king"');
  chmodSync(home.path('keys/ssh_host_rsa_key'), 0o644);
  const wrong = await home.run(['validate']);
  expect(wrong.code).toBe(78);
  expect(wrong.stdout).toMatch(
    /triad\.yaml:4:40: sessions\[0\]\.panes\[0\]\.restart: must be one of/,
  );
  expect(wrong.stdout).toMatch(/gateway\.yaml:1:1: listen: /);
  expect(wrong.stdout).toMatch(/tmux\.conf:2: unknown command: bogus-command/);
  expect(wrong.stdout).toMatch(/authorized_keys:\d+:1: .*role/);
  expect(wrong.stdout).toMatch(/ssh_host_rsa_key: .*chmod 600/);
  const json = JSON.parse((await home.run(['validate', '--json'])).stdout) as { path: string }[];
  expect(json.map(({ path }) => path)).toEqual(all);
  expect((await home.run(['status'])).code).toBe(69);
});

test('validate names a pane whose working directory is not there', async () => {
  await using home = await TriadHome.make();
  writeFileSync(home.path('config/triad.yaml'), CAT_TRIAD.replace('[cat]', '[cat], cwd: gone'));
  const { code, stdout } = await home.run(['validate']);
  expect(code).toBe(78);
  expect(stdout).toContain(
    `triad.yaml: pair:worker: cwd: there is no directory ${home.path('gone')}\n`,
  );
});
