/** Whoever is put out is told why, at whatever point their connection is. */
import { expect, test } from 'vitest';
import { endAtLimit } from '../../../../src/gateway/ssh/connection-end.js';
import { gatewaySchema } from '../../../../src/gateway/ssh/schema.js';
import { MESSAGE, RawSshClient, sshString } from '../../../helpers/raw-ssh-client.js';
import { runSsh, SshClient, sshArguments } from '../../../helpers/ssh-client.js';
import { makeKeyPair } from '../../../helpers/ssh-keys.js';
import { Tcp } from '../../../helpers/tcp.js';
import { GatewayRoom } from './room.js';

test('at maxAuthTries OpenSSH shows the limit, and the option that names one key', async () => {
  await using room = await GatewayRoom.open({ limits: { maxAuthTries: 2 } });
  const [first, second] = await Promise.all([
    makeKeyPair(room.directory, 'a'),
    makeKeyPair(room.directory, 'b'),
  ]);
  const options = ['-i', second.path, '-i', room.key.path];
  const { code, stderr } = await runSsh({ ...room.target, keyPath: first.path }, { options });
  expect(code).toBe(255);
  expect(stderr).toMatch(/Received disconnect .*triad: too many .* 2 keys .*maxAuthTries/);
  expect(stderr).toContain('IdentitiesOnly=yes');
});

test('a connection on which nothing is served is told the time that it had', async () => {
  await using room = await GatewayRoom.open({ limits: { unusedConnectionTimeoutMs: 1000 } });
  const { stderr } = await runSsh(room.target, { options: ['-N'] });
  expect(stderr).toMatch(/Received disconnect .*triad: nothing was shown .* 1s \(unused/);
});

test('a client that was silent for too long is told when it wakes', async () => {
  const alive = { clientAliveIntervalMs: 200, clientAliveCountMax: 1 };
  await using room = await GatewayRoom.open({ limits: alive });
  await using ssh = new SshClient(sshArguments(room.target, ['-tt']));
  await ssh.sees('attached');
  ssh.process.kill('SIGSTOP');
  await room.ended();
  ssh.process.kill('SIGCONT');
  expect((await ssh.ended).stderr).toMatch(/triad: your client was silent .*clientAliveCountMax/);
});

test.each([
  ['before its identification', ''],
  ['in the key exchange', 'SSH-2.0-x\r\n'],
])('a client that is too late with its login is told so %s', async (_when, says) => {
  await using room = await GatewayRoom.open({ limits: { loginGraceTimeMs: 1000 } });
  await using tcp = new Tcp(room.port);
  tcp.socket.write(says);
  expect(await tcp.read()).toContain('triad: no key was proven within 1s (loginGraceTime)');
});

test('who is logged in, and who is not yet, are told that the gateway stops', async () => {
  await using room = await GatewayRoom.open();
  await using silent = new Tcp(room.port);
  await silent.sees('SSH-2.0');
  await using ssh = new SshClient(sshArguments(room.target, ['-N']));
  await using raw = await RawSshClient.connect(room.port);
  await raw.logIn(room.key.path, room.key.blob);
  await room.gateway.close();
  expect(await silent.read()).toContain('triad: the gateway is stopping, try again later');
  await raw.closedByServer();
  expect(raw.farewell).toContain('triad: the gateway is stopping; session pair goes on');
  await ssh.ended;
});

test('a client that is held is told in a line, since it has no identification yet', async () => {
  await using room = await GatewayRoom.open({ isHeld: true });
  await using held = new Tcp(room.port);
  await expect.poll(() => room.gateway.counts.open).toBe(1);
  await room.gateway.close();
  expect(await held.read()).toBe('triad: the gateway is stopping, try again later\r\n');
});

test.each([
  ['no identification', 'GET / HTTP/1.0\r\n\r\n', 'client sent no SSH identification'],
  ['an endless line', 'x'.repeat(300), 'client sent a first line that is too long'],
  ['garbage', `SSH-2.0-x\r\n${'x'.repeat(64)}`, 'Bad packet length'],
])('who sends %s is told so', async (_what, says, told) => {
  await using room = await GatewayRoom.open();
  await using tcp = new Tcp(room.port);
  tcp.socket.write(says);
  expect(await tcp.read()).toContain(`triad: the gateway ends this connection: ${told}`);
});

test.each([
  ['a message out of turn', [Buffer.from([90]), sshString('session')], 'out of turn'],
  ['for a service that there is not', [Buffer.from([5]), sshString('x')], 'broke the SSH protocol'],
])('who asks with %s is told so', async (_what, message, told) => {
  await using room = await GatewayRoom.open();
  await using raw = await RawSshClient.connect(room.port);
  raw.send(...message);
  await raw.closedByServer();
  expect(raw.farewell).toContain(told);
});

test('who asks for other than a key still has their tries', async () => {
  await using room = await GatewayRoom.open();
  await using raw = await RawSshClient.connect(room.port);
  raw.requestAuthentication('pair', 'none');
  await raw.next([MESSAGE.userauthFailure]);
  await raw.logIn(room.key.path, room.key.blob);
  expect(raw.farewell).toBeUndefined();
});

test('OpenSSH shows 400 characters of a sentence, and none of these is longer', () => {
  const { limits } = gatewaySchema.parse({});
  const ending = ['maxAuthTries', 'loginGraceTime', 'unusedConnectionTimeout'] as const;
  for (const limit of [...ending, 'clientAliveCountMax'] as const) {
    expect(`triad: ${endAtLimit(limit, limits).sentence}`.length).toBeLessThan(400);
  }
});
