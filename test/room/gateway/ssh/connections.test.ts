import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { describe, expect, test } from 'vitest';
import { ConfigurationError } from '../../../../src/base/errors.js';
import { EXIT } from '../../../../src/base/exit-codes.js';
import { eventually } from '../../../helpers/eventually.js';
import {
  bytes,
  MESSAGE,
  RawSshClient,
  signer,
  sshString,
} from '../../../helpers/raw-ssh-client.js';
import { runSsh, SshClient, sshArguments } from '../../../helpers/ssh-client.js';
import { Tcp } from '../../../helpers/tcp.js';
import { GatewayRoom } from './room.js';

describe('a connection', () => {
  test('gets the identification without having to send its own first', async () => {
    await using room = await GatewayRoom.open();
    await using tcp = new Tcp(room.port);
    await tcp.sees('SSH-2.0-Triad\r\n');
  });

  test('may send its identification byte by byte', async () => {
    await using room = await GatewayRoom.open();
    const relay = createServer((client) => void relayByteByByte(client, room.port));
    relay.listen(0, '127.0.0.1');
    await once(relay, 'listening');
    const { port } = relay.address() as AddressInfo;
    const { code } = await runSsh({ ...room.target, port }, { command: ['status'] });
    relay.close();
    expect(code).toBe(0);
  });

  test('is cut off when its first line is no identification', async () => {
    await using room = await GatewayRoom.open();
    await using tcp = new Tcp(room.port);
    tcp.socket.write('GET / HTTP/1.0\r\n\r\n');
    await tcp.closed;
    expect(await room.ended()).toEqual(['client sent no SSH identification']);
  });

  test('may have 255 bytes of first line and not one more', async () => {
    await using room = await GatewayRoom.open();
    const line = (length: number): string => `${'SSH-2.0-x'.padEnd(length - 2, 'x')}\r\n`;
    await using longest = new Tcp(room.port);
    longest.socket.write(line(255));
    await longest.sees('curve25519');
    await using longer = new Tcp(room.port);
    longer.socket.write(line(256));
    await longer.closed;
    await using endless = new Tcp(room.port);
    endless.socket.write('SSH-2.0-'.padEnd(255, 'x'));
    await endless.closed;
    expect(longer.received + endless.received).not.toContain('curve25519');
  });

  test.each([
    ['', 'silent'],
    ['SSH-2.0-x', 'slow'],
    ['SSH-2.0-x\r\n', 'stuck in the key exchange'],
  ])('that never logs in (%j) is closed when its time is over', async (start) => {
    await using room = await GatewayRoom.open({ limits: { loginGraceTimeMs: 100 } });
    await using tcp = new Tcp(room.port);
    tcp.socket.write(start);
    await tcp.closed;
    expect(await room.ended()).toEqual(['login grace time is over']);
  });

  test('that is logged in stays beyond that time', async () => {
    await using room = await GatewayRoom.open({ limits: { loginGraceTimeMs: 4000 } });
    await using ssh = new SshClient(sshArguments(room.target, ['-tt']));
    await ssh.sees('attached');
    await using later = new Tcp(room.port);
    await later.closed;
    ssh.type('still here');
    await ssh.sees('still here');
  });

  test('beyond the limit is refused, and the one before gets in', async () => {
    await using room = await GatewayRoom.open({ limits: { maxConnections: 2 } });
    await using silent = new Tcp(room.port);
    await silent.sees('SSH-2.0');
    await using first = new SshClient(sshArguments(room.target, ['-tt']));
    await first.sees('attached');
    await using asking = await RawSshClient.connect(room.port);
    await using second = new SshClient(sshArguments(room.target, ['-tt']));
    await second.sees('attached');
    await using third = new Tcp(room.port);
    expect(await third.read()).toBe('Exceeded MaxConnections\r\n');
    await using fourth = new Tcp(room.port);
    await fourth.closed;
    const warnings = room.log.filter((line) => line['level'] === 'warn');
    expect(warnings).toMatchObject([{ msg: 'limit reached', limit: 'maxConnections' }]);
    asking.requestPublicKey({
      ...{ algorithm: 'ssh-ed25519', blob: room.key.blob },
      sign: signer(room.key.path, 'ssh-ed25519'),
    });
    await asking.closedByServer();
    expect(room.endReasons).toEqual(['not let in: maxConnections']);
    expect(room.gateway.counts).toMatchObject({ loggedIn: 2, max: 2 });
  });

  test('that ended makes room for the next', async () => {
    await using room = await GatewayRoom.open({ limits: { maxConnections: 1 } });
    for (const ended of [1, 2, 3]) {
      expect((await runSsh(room.target, { command: ['status'] })).code).toBe(0);
      await room.ended(ended);
    }
  });

  test('is held until the gateway accepts, and then served', async () => {
    await using room = await GatewayRoom.open({ isHeld: true });
    const result = runSsh(room.target, { command: ['status'] });
    await using tcp = new Tcp(room.port);
    await once(tcp.socket, 'connect');
    // Another gateway has all the time to serve a client of its own.
    await using other = await GatewayRoom.open();
    expect((await runSsh(other.target, { command: ['status'] })).code).toBe(0);
    expect(tcp.received).toBe('');
    room.gateway.accept();
    await tcp.sees('SSH-2.0-Triad');
    expect((await result).code).toBe(0);
  });

  test('whose client is stopped is given up after the keepalives', async () => {
    const limits = { clientAliveIntervalMs: 500, clientAliveCountMax: 2 };
    await using room = await GatewayRoom.open({ limits });
    await using ssh = new SshClient(sshArguments(room.target, ['-tt']));
    await ssh.sees('attached');
    ssh.process.kill('SIGSTOP');
    expect(await room.ended()).toEqual(['Keepalive timeout']);
    expect(room.attachment.isDisconnected).toBe(true);
  });

  test('on which nothing is opened is closed after a while, others are not', async () => {
    await using room = await GatewayRoom.open({ limits: { unusedConnectionTimeoutMs: 1000 } });
    await using ssh = new SshClient(sshArguments(room.target, ['-tt']));
    await ssh.sees('attached');
    const { code } = await runSsh(room.target, { options: ['-N'] });
    expect(code).toBe(255);
    expect(await room.ended()).toEqual(['nothing was served']);
    ssh.type('still here');
    await ssh.sees('still here');
  });

  test('that asks for anything but its login first is cut off', async () => {
    await using room = await GatewayRoom.open();
    await using raw = await RawSshClient.connect(room.port);
    raw.send(bytes(MESSAGE.globalRequest), sshString('x'), bytes(1));
    await raw.closedByServer();
    expect(await room.ended()).toEqual(['client sent message 80 out of turn']);
  });
});

describe('a gateway', () => {
  test('listens on several addresses, of both families', async () => {
    const listen = [
      { host: '127.0.0.1', port: 0 },
      { host: '::1', port: 0 },
    ];
    await using room = await GatewayRoom.open({ listen });
    const { addresses } = room.gateway;
    expect(addresses.map(({ host }) => host)).toEqual(['127.0.0.1', '::1']);
    for (const { host, port } of addresses) {
      const target = { ...room.target, host, port };
      expect((await runSsh(target, { command: ['status'] })).code).toBe(0);
    }
    expect(room.commands.map(({ caller }) => caller.address)).toEqual(['127.0.0.1', '::1']);
    expect(room.commands[1]?.caller.remote).toMatch(/^\[::1\]:\d+$/);
  });

  test('on every address knows an IPv4 client by its IPv4 address', async () => {
    await using room = await GatewayRoom.open({ listen: [{ host: '*', port: 0 }] });
    expect((await runSsh(room.target, { command: ['status'] })).code).toBe(0);
    expect(room.commands[0]?.caller.address).toBe('127.0.0.1');
  });

  test('proves itself with either host key', async () => {
    await using room = await GatewayRoom.open();
    for (const algorithm of ['ssh-ed25519', 'rsa-sha2-512', 'rsa-sha2-256']) {
      const options = ['-o', `HostKeyAlgorithms=${algorithm}`];
      expect((await runSsh(room.target, { options, command: ['status'] })).code).toBe(0);
    }
  });

  test('never offers a SHA-1 host key signature', async () => {
    await using room = await GatewayRoom.open();
    const options = ['-o', 'HostKeyAlgorithms=ssh-rsa'];
    const { code, stderr } = await runSsh(room.target, { options });
    expect(code).toBe(255);
    expect(stderr).toContain('no matching host key type found');
  });

  test('says which address is taken, and leaves none of the others open', async () => {
    const other = createServer();
    other.listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    const listen = [
      { host: '127.0.0.1', port: 0 },
      { host: '127.0.0.1', port },
    ];
    const listeners = (): number =>
      process.getActiveResourcesInfo().filter((kind) => kind === 'TCPServerWrap').length;
    const before = listeners();
    const error: unknown = await GatewayRoom.open({ listen }).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ConfigurationError);
    expect(String(error)).toContain(`cannot listen on 127.0.0.1:${port}: the port is taken`);
    await eventually(
      'there are the same listeners as before',
      () => listeners() === before,
      listeners,
    );
    other.close();
  });

  test('says that an address is not of this machine', async () => {
    const listen = [{ host: '192.0.2.1', port: 0 }];
    await expect(GatewayRoom.open({ listen })).rejects.toThrow('does not have the address');
  });

  test('that stops tells those who are left, and lets go of every socket', async () => {
    await using room = await GatewayRoom.open();
    await using ssh = new SshClient(sshArguments(room.target, ['-tt']));
    await ssh.sees('attached');
    await using idle = new Tcp(room.port);
    await idle.sees('SSH-2.0');
    await room.gateway.close();
    const { code, stdout } = await ssh.ended;
    expect(code).toBe(75);
    expect(stdout).toContain(
      'triad: the gateway is stopping; session pair goes on, try again later\r\n',
    );
    await idle.closed;
    await using late = new Tcp(room.port);
    await late.closed;
    expect(late.received).toBe('');
  });

  test('stops in time even for a client that does not answer', async () => {
    await using room = await GatewayRoom.open();
    await using ssh = new SshClient(sshArguments(room.target, ['-tt']));
    await ssh.sees('attached');
    ssh.process.kill('SIGSTOP');
    await room.gateway.close();
    expect(room.endReasons).toEqual(['gateway stopped']);
  });

  test('keeps nothing of 20 clients that came and went', async () => {
    await using room = await GatewayRoom.open();
    const held = (): number[] => [
      readdirSync('/proc/self/fd').length,
      process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length,
    ];
    const cycle = async (index: number): Promise<void> => {
      await using ssh = new SshClient(sshArguments(room.target, ['-tt']));
      await ssh.sees('attached');
      if (index % 2 === 0) ssh.process.kill('SIGKILL');
      else room.attachments.at(-1)?.end(EXIT.ok);
      await ssh.ended;
      await room.ended(index + 1);
    };
    await cycle(0);
    const before = held();
    for (let index = 1; index <= 20; index += 1) await cycle(index);
    const isBack = (): boolean => held().every((count, index) => count <= (before[index] ?? 0));
    await eventually('there are as few descriptors and timers as before', isBack, held);
  }, 60_000);
});

/** Passes a client's bytes on, the first hundred one at a time, each after the one before left. */
async function relayByteByByte(client: Socket, port: number): Promise<void> {
  const server = connect({ port, host: '127.0.0.1', noDelay: true });
  server.on('error', () => client.destroy());
  client.on('error', () => server.destroy());
  server.pipe(client);
  let single = 100;
  for await (const chunk of client as AsyncIterable<Buffer>) {
    const slow = chunk.subarray(0, single);
    single -= slow.length;
    for (const byte of slow) {
      await new Promise((resolve) => server.write(bytes(byte), resolve));
      await new Promise(setImmediate);
    }
    if (slow.length < chunk.length) server.write(chunk.subarray(slow.length));
  }
  server.end();
}
