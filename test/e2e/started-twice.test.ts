import { rmSync, symlinkSync } from 'node:fs';
import { expect, test } from 'vitest';
import { isAlive } from '../helpers/keeper-pane.js';
import { TriadHome } from '../helpers/triad-home.js';

test.each([
  ['its sockets', 'state/run'],
  ['all that it has written', 'state'],
])('a second manager is refused where somebody removed %s', async (_what, folder) => {
  await using home = await TriadHome.make();
  const host = await home.host();
  rmSync(home.path(folder), { recursive: true });
  symlinkSync(home.root, `${home.root}.link`);
  try {
    for (const root of [home.root, `${home.root}.link`]) {
      const refused = await home.run(['--home', root, 'up', '--listen', '127.0.0.1:0']);
      expect(refused).toMatchObject({ code: 1, stdout: '' });
      expect(refused.stderr).toContain(
        'triad: error: another triad runs the sessions of this home already',
      );
      expect(refused.stderr).toContain(`(process ${host.process.pid})`);
    }
  } finally {
    rmSync(`${home.root}.link`);
  }
  host.process.kill('SIGKILL');
  await host.ended;
  const up = await home.up();
  expect(up.process.exitCode).toBeNull();
  expect((await home.status()).sessions[0]?.panes).toMatchObject([{ state: 'running' }]);
});

test('`triad down --session` ends all that runs, where nothing of its sockets and its state is left', async () => {
  await using home = await TriadHome.make();
  const up = await home.up();
  const [pane] = (await home.status()).sessions[0]?.panes ?? [];
  up.process.kill('SIGKILL');
  await up.ended;
  rmSync(home.path('state'), { recursive: true });
  expect((await home.run(['status'])).stderr).toContain('pair goes on without it');
  expect(await home.run(['down', '--session'])).toMatchObject({ code: 0, stdout: 'ended pair\n' });
  expect(isAlive(pane?.pid ?? 0)).toBe(false);
  expect((await home.run(['status'])).stderr).toContain(`start it with: ${home.program} up`);
});
