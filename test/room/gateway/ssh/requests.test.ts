import { describe, expect, test } from 'vitest';
import { EXIT } from '../../../../src/base/exit-codes.js';
import {
  bytes,
  MESSAGE,
  RawSshClient,
  sshString,
  uint32,
} from '../../../helpers/raw-ssh-client.js';
import { runSsh, SshClient, sshArguments } from '../../../helpers/ssh-client.js';
import { GatewayRoom } from './room.js';

async function loggedIn(room: GatewayRoom): Promise<RawSshClient> {
  const raw = await RawSshClient.connect(room.port);
  await raw.logIn(room.key.path, room.key.blob);
  return raw;
}

const ANSWERS = [MESSAGE.channelSuccess, MESSAGE.channelFailure];

describe("what is not the gateway's job is refused and answered", () => {
  test.each([
    ['direct-tcpip', [sshString('127.0.0.1'), uint32(22), sshString('127.0.0.1'), uint32(1)]],
    ['direct-streamlocal@openssh.com', [sshString('/tmp/s'), sshString(''), uint32(0)]],
    ['x11', [sshString('127.0.0.1'), uint32(1)]],
    ['auth-agent@openssh.com', []],
    ['no-such-channel', []],
  ])('opening a %s channel', async (type, details) => {
    await using room = await GatewayRoom.open();
    await using raw = await loggedIn(room);
    const numbers = [uint32(0), uint32(65_536), uint32(32_768)];
    raw.send(bytes(MESSAGE.channelOpen), sshString(type), ...numbers, ...details);
    await raw.next([MESSAGE.channelOpenFailure]);
  });

  test.each([
    ['tcpip-forward', [sshString('127.0.0.1'), uint32(0)]],
    ['cancel-tcpip-forward', [sshString('127.0.0.1'), uint32(1)]],
    ['streamlocal-forward@openssh.com', [sshString('/tmp/s')]],
    ['hostkeys-prove-00@openssh.com', []],
    ['no-such-request', []],
  ])('the global request %s', async (name, details) => {
    await using room = await GatewayRoom.open();
    await using raw = await loggedIn(room);
    raw.send(bytes(MESSAGE.globalRequest), sshString(name), bytes(1), ...details);
    await raw.next([MESSAGE.requestFailure]);
  });

  test('any variable but the one that tells of colours, and that once the shell has begun', async () => {
    await using room = await GatewayRoom.open();
    await using raw = await loggedIn(room);
    await raw.openSession();
    const ask = async (name: string, ...parts: readonly Uint8Array[]) => {
      raw.requestOnChannel(0, name, ...parts);
      return (await raw.next(ANSWERS))[0] === MESSAGE.channelSuccess;
    };
    const set = (name: string, value: string) => ask('env', sshString(name), sshString(value));
    const values = ['', 'yes', 'truecolor\n', '24bit ', 'x'.repeat(30_000)];
    for (const value of values) expect(await set('COLORTERM', value)).toBe(false);
    expect(await set('COLORTERM2', 'truecolor')).toBe(false);
    expect(await set('colorterm', 'truecolor')).toBe(false);
    expect(await set('COLORTERM', 'truecolor')).toBe(true);
    expect(await set('COLORTERM', '24bit')).toBe(true);
    expect(await ask('pty-req', ...PTY)).toBe(true);
    expect(await ask('shell')).toBe(true);
    expect(await set('COLORTERM', 'truecolor')).toBe(false);
    expect(room.attachment.request.hasTrueColour).toBe(true);
  });

  const X11 = [bytes(0), sshString('MIT-MAGIC-COOKIE-1'), sshString('00'), uint32(0)];
  const SIZE = [80, 24, 0, 0].map(uint32);
  const PTY = [sshString('xterm'), ...SIZE, sshString('')];
  test.each([
    ['env', [sshString('LD_PRELOAD'), sshString('/tmp/evil.so')]],
    ['subsystem', [sshString('sftp')]],
    ['subsystem', [sshString('netconf')]],
    ['x11-req', X11],
    ['auth-agent-req@openssh.com', []],
    ['signal', [sshString('KILL')]],
    ['no-such-request', []],
  ])('the channel request %s, before a shell and after', async (type, details) => {
    await using room = await GatewayRoom.open();
    await using raw = await loggedIn(room);
    await raw.openSession();
    const ask = async (name: string, parts: readonly Uint8Array[]): Promise<number | undefined> => {
      raw.requestOnChannel(0, name, ...parts);
      return (await raw.next(ANSWERS))[0];
    };
    expect(await ask(type, details)).toBe(MESSAGE.channelFailure);
    expect(await ask('pty-req', PTY)).toBe(MESSAGE.channelSuccess);
    expect(await ask('shell', [])).toBe(MESSAGE.channelSuccess);
    expect(await ask(type, details)).toBe(MESSAGE.channelFailure);
  });

  test('a second pty, shell or command on a channel', async () => {
    await using room = await GatewayRoom.open();
    await using raw = await loggedIn(room);
    await raw.openSession();
    raw.requestOnChannel(0, 'pty-req', ...PTY);
    raw.requestOnChannel(0, 'pty-req', ...PTY);
    raw.requestOnChannel(0, 'shell');
    raw.requestOnChannel(0, 'shell');
    raw.requestOnChannel(0, 'exec', sshString('status'));
    raw.requestOnChannel(0, 'pty-req', ...PTY);
    const answers: (number | undefined)[] = [];
    for (let count = 0; count < 6; count += 1) answers.push((await raw.next(ANSWERS))[0]);
    const { channelSuccess: yes, channelFailure: no } = MESSAGE;
    expect(answers).toEqual([yes, no, yes, no, no, no]);
    expect(room.attachments).toHaveLength(1);
    expect(room.commands).toHaveLength(0);
  });

  test('one channel more than the limit, until another is closed', async () => {
    await using room = await GatewayRoom.open({ limits: { maxSessions: 2 } });
    await using raw = await loggedIn(room);
    const answers = [];
    for (const id of [0, 1, 2]) answers.push((await raw.openSession(id))[0]);
    const { channelOpenConfirmation: yes, channelOpenFailure: no } = MESSAGE;
    expect(answers).toEqual([yes, yes, no]);
    raw.send(bytes(MESSAGE.channelClose), uint32(0));
    await raw.next([MESSAGE.channelClose]);
    expect((await raw.openSession(3))[0]).toBe(yes);
  });
});

describe('a stock client', () => {
  test('that wants to copy files is told no and ends', async () => {
    await using room = await GatewayRoom.open();
    const { code, stderr } = await runSsh(room.target, { options: ['-s'], command: ['sftp'] });
    expect(code).toBe(255);
    expect(stderr).toContain('subsystem request failed');
  });

  test('that forwards a port to itself is told no', async () => {
    await using room = await GatewayRoom.open();
    const options = ['-N', '-o', 'ExitOnForwardFailure=yes', '-R', '0:127.0.0.1:1'];
    const { code, stderr } = await runSsh(room.target, { options });
    expect(code).toBe(255);
    expect(stderr).toMatch(/remote port forwarding failed/);
  });

  test('that connects through the gateway is told no', async () => {
    await using room = await GatewayRoom.open();
    const options = ['-W', `127.0.0.1:${room.port}`];
    const { code, stderr } = await runSsh(room.target, { options });
    expect(code).toBe(255);
    expect(stderr).toContain('administratively prohibited');
  });

  test('that offers its agent, its display and its variables attaches all the same', async () => {
    await using room = await GatewayRoom.open();
    const options = ['-tt', '-A', '-o', 'SetEnv=EVIL=1', '-o', 'SendEnv=*'];
    await using ssh = new SshClient(sshArguments(room.target, options));
    await ssh.sees('attached');
    room.attachment.end(EXIT.ok);
    expect((await ssh.ended).code).toBe(0);
  });
});
