import { rmSync, symlinkSync } from 'node:fs';
import { expect, test } from 'vitest';
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
      expect(refused.stderr).toContain(`it is process ${host.process.pid}`);
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
