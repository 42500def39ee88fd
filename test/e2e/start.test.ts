import {
  chownSync,
  copyFileSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { BareHome } from '../helpers/bare-home.js';
import { eventually } from '../helpers/eventually.js';
import { containing, matching } from '../helpers/matching.js';
import { runSsh } from '../helpers/ssh-client.js';
import { CAT_TRIAD, lasting, TriadHome } from '../helpers/triad-home.js';

test('the one line on standard output is an ssh command that works, and the rest tells what there is', async () => {
  await using home = await TriadHome.make();
  const up = await home.up(['--listen', '127.0.0.1:0', '--listen', '[::1]:0']);
  expect(up.ready).toMatch(/^ready ssh -p \d+ -i keys\/id_ed25519 pair@127\.0\.0\.1$/);
  const { gateway } = await home.status();
  expect(gateway.listen).toEqual([`127.0.0.1:${up.port}`, matching(/^\[::1\]:\d+$/)]);
  const text = up.stderr();
  expect(text).toMatch(/session {3}pair \(new, tmux \S+\)\n {4}worker {2}running {2}worker\n/);
  expect(text).toContain(`listens   ${gateway.listen.join(', ')}\n`);
  for (const { type, fingerprint } of gateway.hostKeys) {
    expect(text).toContain(`host key  ${type} ${fingerprint}\n`);
  }
  expect(text).toContain('down`: the gateway stops, the agents go on');
  expect(text).toContain('down --session`: the agents end, too');
  expect(text).toContain(
    process.getuid?.() === 0 ? 'acts as ROOT and owns this machine' : 'acts as you, ',
  );
  const port = Number(gateway.listen[1]?.split(':').at(-1));
  const seen = await runSsh({ port, host: '::1', keyPath: home.adminKey }, { command: ['status'] });
  expect(seen).toMatchObject({ code: 0, stdout: containing('session pair: running') });
});

test('listen addresses of gateway.yaml are used where none is given', async () => {
  await using home = await TriadHome.make();
  writeFileSync(home.path('config/gateway.yaml'), "listen: ['localhost:0', '127.0.0.1:0']\n");
  const up = home.run(['up']);
  await eventually('the gateway answers', async () => (await home.run(['who'])).code === 0);
  const { listen } = (await home.status()).gateway;
  expect(listen).toEqual([matching(/^localhost:\d+$/), matching(/^127\.0\.0\.1:\d+$/)]);
  expect(await home.run(['down', '--session'])).toMatchObject({ code: 0 });
  expect(await up).toMatchObject({ code: 0 });
});

test('a second start in the same home is refused and disturbs nothing', async () => {
  await using home = await TriadHome.make();
  const up = await home.up();
  const before = await home.status();
  const second = await home.run(['up', '--listen', '127.0.0.1:0']);
  expect(second).toMatchObject({ code: 1, stdout: '' });
  expect(second.stderr).toContain(
    `triad: error: triad is running here already\ntriad: hint: see it with: ${home.program} status (process ${up.process.pid ?? 0}); stop it with: ${home.program} down\n`,
  );
  expect(lasting(await home.status())).toEqual(lasting(before));
});

test('of two starts at the same moment one serves, and no command runs twice', async () => {
  await using home = await TriadHome.make({
    triad:
      'sessions: [{name: pair, panes: [{name: worker, command: "echo started >> starts; exec cat"}]}]\n',
  });
  const starts = await Promise.allSettled([home.up(), home.up()]);
  expect(starts.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  expect(home.read('starts')).toBe('started\n');
});

test('where nobody has a grant the start says so, with the command that changes it', async () => {
  await using home = await TriadHome.make();
  writeFileSync(home.path('keys/authorized_keys'), '# nobody\n');
  const up = await home.up();
  expect(up.stderr()).toContain(`${home.program} grant NAME --role admin --key FILE\n`);
  expect(up.ready).toMatch(/^ready ssh -p \d+ pair@127\.0\.0\.1$/);
});

test('the ssh command needs no -i for a key that ssh tries by itself', async () => {
  await using home = await TriadHome.make();
  rmSync(home.path('keys/authorized_keys'));
  mkdirSync(home.path('.ssh'));
  for (const end of ['', '.pub']) {
    copyFileSync(home.keyOf('ada') + end, home.path(`.ssh/id_ed25519${end}`));
    copyFileSync(home.keyOf('dora') + end, home.path(`.ssh/another${end}`));
  }
  await home.run(['init']);
  const up = await home.up();
  expect(up.ready).toMatch(/^ready ssh -p \d+ pair@127\.0\.0\.1$/);
});

test('in a home with a long path the sockets lie in a private directory elsewhere, and everything works', async () => {
  using bare = new BareHome('h'.repeat(120));
  await bare.run(['init']);
  const triad = 'sessions: [{name: pair, panes: [{name: worker, command: [cat]}]}]\n';
  writeFileSync(bare.path('config/triad.yaml'), triad);
  await using home = await TriadHome.make({
    env: { TRIAD_HOME: bare.root, XDG_RUNTIME_DIR: bare.userHome },
  });
  await home.up();
  const directory = readlinkSync(bare.path('state/run'));
  expect(directory.startsWith(join(bare.userHome, 'triad-'))).toBe(true);
  expect(statSync(directory).mode & 0o777).toBe(0o700);
  const [session] = (await home.status()).sessions;
  expect(session?.socket).toBe(join(directory, 'tmux/pair/tmux.sock'));
  expect(await home.run(['send', 'worker', 'hello'])).toMatchObject({ code: 0 });
  expect(await home.run(['down'])).toMatchObject({ code: 0 });
  expect((await home.run(['status'])).stderr).toContain('pair goes on without it');
});

test.skipIf(process.getuid?.() !== 0)(
  'somebody who is not root is told that others act as them',
  async () => {
    using bare = new BareHome();
    mkdirSync(bare.root);
    const nobody = Number(/^nobody:[^:]*:(\d+):/m.exec(readFileSync('/etc/passwd', 'utf8'))?.[1]);
    for (const path of [bare.folder, bare.root, bare.userHome]) chownSync(path, nobody, -1);
    const before = ['setpriv', '--reuid=nobody', '--clear-groups'];
    await bare.run(['init'], { before });
    writeFileSync(bare.path('config/triad.yaml'), CAT_TRIAD);
    const up = bare.run(['up', '--listen', '127.0.0.1:0'], { before });
    await eventually('the session was up and has ended', async () => {
      return (await bare.run(['down', '--session'], { before })).code === 0;
    });
    expect((await up).stderr).toContain(
      'whoever may type here acts as you, nobody, on this machine',
    );
  },
);
