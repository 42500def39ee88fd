import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, test } from 'vitest';
import { endLeftClients } from '../../../../src/host/tmux/control-connection.js';
import { eventually } from '../../../helpers/eventually.js';
import { isAlive } from '../../../helpers/keeper-pane.js';
import { PrivateTmux } from '../../../helpers/private-tmux.js';

/** Starts a control client, and never reads what it says. */
const OWNER = `
  const [tmux, ...args] = process.argv.slice(1);
  const client = require('child_process').spawn(tmux, args, { detached: true });
  client.stdout.pause();
  setInterval(() => undefined, 1000);
`;

test('a control client whose owner was killed keeps the server from ending, until it is ended', async () => {
  await using tmux = await PrivateTmux.start();
  const { binary, socketPath, env } = tmux.server;
  const attach = ['-C', 'attach-session', '-f', 'no-output,ignore-size'];
  const argv = ['-e', OWNER, binary.path, '-N', '-u', '-S', socketPath, ...attach];
  const owner = spawn(process.execPath, argv, { env, stdio: 'ignore' });
  const clients = () => tmux.ask('list-clients', '-F', '#{client_pid}');
  await eventually('the client is attached', async () => (await clients()) !== '');
  const pid = await tmux.ask('display-message', '-p', '#{pid}');
  // More than fits between server and client.
  const name = 'x'.repeat(10_000);
  for (let round = 0; round < 60; round += 1) await tmux.ask('rename-window', `${round}${name}`);
  owner.kill('SIGKILL');
  await once(owner, 'exit');

  await endLeftClients(tmux.server);
  await eventually('the client is gone', async () => (await clients()) === '');
  await tmux.server.run(['kill-server']);
  await eventually('the server has ended', () => !isAlive(Number(pid)));
});

test('people’s own clients stay', async () => {
  await using tmux = await PrivateTmux.start();
  const { binary, socketPath, env } = tmux.server;
  const person = spawn(binary.path, ['-N', '-S', socketPath, '-C', 'attach-session'], { env });
  const clients = () => tmux.ask('list-clients', '-F', '#{client_pid}');
  await eventually('the client is attached', async () => (await clients()) !== '');
  await endLeftClients(tmux.server);
  expect(await clients()).toBe(`${person.pid}`);
  person.stdin.end();
  await once(person, 'exit');
});
