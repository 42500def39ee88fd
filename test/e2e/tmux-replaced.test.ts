import { execFileSync } from 'node:child_process';
import { copyFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { Terminal } from '../helpers/terminal.js';
import { TESTED_TMUX } from '../helpers/tested-tmux.js';
import { TriadHome } from '../helpers/triad-home.js';

/** As a package manager does it: another file under the same name, of another version. */
function upgrade(path: string): void {
  writeFileSync(
    `${path}.new`,
    '#!/bin/sh\n[ "$1" = -V ] && echo tmux 9.9 || echo "open terminal failed" >&2\n',
    {
      mode: 0o755,
    },
  );
  renameSync(`${path}.new`, path);
}

const program = execFileSync('sh', ['-c', `command -v ${TESTED_TMUX}`], {
  encoding: 'utf8',
}).trim();

test.each([
  ['replaced by another version', upgrade, 'is another one now'],
  ['removed', (path: string) => rmSync(path), 'was removed'],
])(
  'a tmux that is %s under a running session keeps nobody out, and says what to do',
  async (_how, change, what) => {
    await using home = await TriadHome.make({ env: { TRIAD_TMUX: './tmux' } });
    copyFileSync(program, home.path('tmux'));
    const up = await home.up();
    change(home.path('tmux'));
    await using driver = Terminal.ssh({ port: up.port, keyPath: home.adminKey });
    await driver.sees('leaves');
    driver.type('still here');
    await driver.sees('still here');
    await using observer = Terminal.ssh(
      { port: up.port, keyPath: home.adminKey },
      { command: ['watch'] },
    );
    await observer.sees('still here');
    const [session] = (await home.status()).sessions;
    expect(session?.problems.join()).toMatch(
      new RegExp(`the tmux server runs \\S+ and goes on; .*${what}: .*triad down --session`),
    );
  },
);

test('a host that starts after the upgrade adopts the session with the program that its server runs', async () => {
  await using home = await TriadHome.make({ env: { TRIAD_TMUX: './tmux' } });
  copyFileSync(program, home.path('tmux'));
  const first = await home.up();
  const before = (await home.status()).sessions[0];
  first.process.kill('SIGINT');
  await first.ended;
  upgrade(home.path('tmux'));
  const up = await home.up();
  const [session] = (await home.status()).sessions;
  expect(session).toMatchObject({ adopted: true, tmuxVersion: before?.tmuxVersion });
  expect(session?.panes[0]?.pid).toBe(before?.panes[0]?.pid);
  await using driver = Terminal.ssh({ port: up.port, keyPath: home.adminKey });
  await driver.sees('leaves');
});
