/**
 * Somebody else on the machine writes where Triad reads: a `config/` that all may write gets a tmux.conf
 * that runs commands, a `keys/` of their own gets a grant that makes them admin, and the `state` that is not
 * there yet becomes a link of theirs to a folder of theirs, with sockets and records in it.
 */
import {
  appendFileSync,
  chmodSync,
  chownSync,
  existsSync,
  lchownSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { isPrivateGroup } from '../../../src/base/private-group.js';
import { BareHome } from '../../helpers/bare-home.js';
import { eventually } from '../../helpers/eventually.js';
import { runSsh } from '../../helpers/ssh-client.js';
import { TriadHome } from '../../helpers/triad-home.js';

const NOBODY = 65_534;
const isRoot = process.geteuid?.() === 0;
const UP = ['up', '--listen', '127.0.0.1:0'];

test('tmux.conf in a folder that all may write runs nothing, and is told with what to do', async () => {
  await using home = await TriadHome.make();
  const marker = home.path('marker');
  appendFileSync(home.path('config/tmux.conf'), `run-shell 'touch ${marker}'\n`);
  chmodSync(home.path('config'), 0o777);
  const reason = `${home.path('config')}: may be written by others (mode 0777): chmod go-w ${home.path('config')}`;
  for (const command of [UP, ['host'], ['validate']]) {
    const { code, stdout, stderr } = await home.run(command);
    expect([code, `${stdout}${stderr}`]).toEqual([78, expect.stringContaining(reason)]);
  }
  chmodSync(home.path('config'), 0o755);
  expect(await home.run(['validate'])).toMatchObject({ code: 0 });
  expect(existsSync(marker)).toBe(false);
});

test('while Triad runs, a file that all may write is not read again, and what was stays', async () => {
  await using home = await TriadHome.make();
  await home.up();
  chmodSync(home.path('config/triad.yaml'), 0o666);
  const reload = await home.run(['reload']);
  expect(reload.code).not.toBe(0);
  expect(reload.stderr).toContain('config/triad.yaml: may be written by others (mode 0666)');
  chmodSync(home.path('config/triad.yaml'), 0o600);
  expect(await home.run(['reload'])).toMatchObject({ code: 0 });
});

test.runIf(isRoot)(
  "keys in another user's folder make nobody admin, and nobody new gets in",
  async () => {
    await using home = await TriadHome.make();
    const granted = home.read('keys/authorized_keys');
    const up = await home.up();
    const ssh = (key: string) => runSsh({ port: up.port, keyPath: key }, { command: ['status'] });
    chownSync(home.path('keys'), NOBODY, NOBODY);
    home.addGrant('ada', 'role="admin"');
    const staleReason = await eventually('the file is refused', async () => {
      const listed = JSON.parse((await home.run(['grants', '--json'])).stdout) as Grants;
      return listed.staleReason ?? undefined;
    });
    expect(staleReason).toContain(`${home.path('keys')}: belongs to user ${NOBODY}`);
    const [problem] = (await home.status()).gateway.problems;
    expect(problem).toMatch(/^the file of grants cannot be read now/);
    expect((await ssh(home.keyOf('ada'))).code).not.toBe(0);
    expect((await ssh(home.adminKey)).code).toBe(0);
    await home.run(['down', '--session']);
    await up.ended;
    const refused = await home.run(UP);
    expect([refused.code, refused.stderr]).toEqual([
      78,
      expect.stringContaining(`keys: belongs to user ${NOBODY}, who is neither you nor root`),
    ]);
    const grant = await home.run(['grant', 'dora', '--role', 'admin', '--key', 'people/dora.pub']);
    expect(grant.code).toBe(78);
    chownSync(home.path('keys'), 0, 0);
    writeFileSync(home.path('keys/authorized_keys'), granted);
    await home.up();
  },
);

interface Grants {
  readonly staleReason: string | null;
}

test.runIf(isRoot)("another user's link in place of state is not followed", async () => {
  await using home = await TriadHome.make();
  const theirs = home.path('theirs');
  mkdirSync(join(theirs, 'run'), { recursive: true, mode: 0o700 });
  for (const path of [theirs, join(theirs, 'run')]) chownSync(path, NOBODY, NOBODY);
  rmSync(home.path('state'), { recursive: true });
  symlinkSync(theirs, home.path('state'));
  lchownSync(home.path('state'), NOBODY, NOBODY);
  for (const command of [UP, ['host'], ['gateway', '--listen', '127.0.0.1:0'], ['init']]) {
    const { code, stderr } = await home.run(command);
    expect([code, stderr]).toEqual([
      78,
      expect.stringContaining(
        `state: is a link that user ${NOBODY} made, who is neither you nor root`,
      ),
    ]);
  }
  const grant = ['grant', 'x', '--role', 'admin', '--key', 'people/dora.pub'];
  for (const command of [['status'], grant]) {
    const { code, stderr } = await home.run(command);
    expect([code, stderr]).toEqual([
      78,
      expect.stringContaining(`run: belongs to user ${NOBODY}, who is not the owner`),
    ]);
  }
  rmSync(home.path('state'));
  symlinkSync(theirs, home.path('state'));
  const { stderr } = await home.run(['host']);
  expect(stderr).toContain(`theirs: belongs to user ${NOBODY}`);
  expect(readdirSync(theirs, { recursive: true })).toEqual(['run']);
});

test('folders and files that are links of mine are read as ever', async () => {
  await using home = await TriadHome.make();
  for (const name of ['config', 'state']) {
    renameSync(home.path(name), home.path(`elsewhere-${name}`));
    symlinkSync(`elsewhere-${name}`, home.path(name));
  }
  renameSync(home.path('config/tmux.conf'), home.path('dotfile'));
  symlinkSync('../dotfile', home.path('config/tmux.conf'));
  await home.up();
});

/** What a clone has where files are made writable for the user's own group, as some systems do it. */
test.runIf(isPrivateGroup(process.getegid?.() ?? 0, process.geteuid?.() ?? 0))(
  'a home that was cloned with umask 002 works, and one with umask 0 is told what to do',
  async () => {
    using home = new BareHome();
    const umask = (mask: string) => ['sh', '-c', `umask ${mask}; exec "$@"`, 'sh'];
    expect(await home.run(['init'], { before: umask('002') })).toMatchObject({ code: 0 });
    chmodSync(home.root, 0o775);
    chmodSync(home.path('config'), 0o775);
    for (const name of readdirSync(home.path('config'))) {
      chmodSync(join(home.path('config'), name), 0o664);
    }
    expect(await home.run(['validate'])).toMatchObject({ code: 0 });
    chmodSync(home.path('config'), 0o777);
    const refused = await home.run(['init'], { before: umask('0') });
    expect([refused.code, refused.stderr]).toEqual([78, expect.stringContaining('chmod go-w')]);
    expect(statSync(home.path('keys')).mode & 0o777).toBe(0o700);
    expect(readFileSync(home.path('keys/authorized_keys'), 'utf8')).toContain('admin');
  },
);
