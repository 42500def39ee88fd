import { describe, expect, test } from 'vitest';
import { UnavailableError } from '../../../../src/base/errors.js';
import type { ExitCode } from '../../../../src/base/exit-codes.js';
import { engineerName } from '../../../../src/base/ids.js';
import type { AttachRequest } from '../../../../src/gateway/attachments/attachment.js';
import { eventually } from '../../../helpers/eventually.js';
import {
  bytes,
  MESSAGE,
  RawSshClient,
  sshString,
  uint32,
} from '../../../helpers/raw-ssh-client.js';
import { runSsh, SshClient, sshArguments } from '../../../helpers/ssh-client.js';
import { EchoAttachment, GatewayRoom } from './room.js';

function attach(room: GatewayRoom, options: readonly string[] = []): SshClient {
  return new SshClient(sshArguments(room.target, ['-tt', ...options]));
}

/** A raw client that is logged in and asked for a terminal on channel 0. */
async function rawTerminal(room: GatewayRoom, cols = 80, rows = 24): Promise<RawSshClient> {
  const raw = await RawSshClient.connect(room.port);
  await raw.logIn(room.key.path, room.key.blob);
  await raw.openSession();
  const size = [uint32(cols), uint32(rows), uint32(0), uint32(0)];
  raw.requestOnChannel(0, 'pty-req', sshString('xterm'), ...size, sshString(''));
  await raw.next([MESSAGE.channelSuccess]);
  return raw;
}

/** Opens attachments only after the test says so. */
class Gate {
  open: () => void = () => undefined;
  readonly #opened = new Promise<void>((resolve) => {
    this.open = resolve;
  });

  readonly attach = async (request: AttachRequest): Promise<EchoAttachment> => {
    await this.#opened;
    return new EchoAttachment(request);
  };
}

describe('an attachment', () => {
  test('carries bytes both ways and says who asks for what', async () => {
    await using room = await GatewayRoom.open();
    await using ssh = attach(room);
    await ssh.sees('attached pair ada');
    ssh.type('l\u0003s\n');
    await ssh.sees('l\u0003s\n');
    const { caller, session } = room.attachment.request;
    expect(session).toBe('pair');
    expect(caller).toMatchObject({ engineer: 'ada', address: '127.0.0.1', keyBlob: room.key.blob });
    expect(caller.remote).toMatch(/^127\.0\.0\.1:\d+$/);
  });

  test.each([0, 1, 75, 77])('ends with exit code %i after its last byte', async (code) => {
    await using room = await GatewayRoom.open();
    await using ssh = attach(room);
    await ssh.sees('attached');
    room.attachment.write(Buffer.alloc(200_000, '.'));
    room.attachment.write('bye\r\n');
    room.attachment.end(code as ExitCode);
    const result = await ssh.ended;
    expect(result.code).toBe(code);
    expect(result.stdout).toMatch(/\.{200000}bye\r\n$/);
  });

  test('knows the size and type of the terminal, each change, and what commands work there', async () => {
    await using room = await GatewayRoom.open();
    await using raw = await rawTerminal(room, 132, 43);
    raw.requestOnChannel(0, 'shell');
    await raw.next([MESSAGE.channelData]);
    expect(room.attachment.request).toMatchObject({
      term: 'xterm',
      size: { cols: 132, rows: 43 },
    });
    const told = room.attachment.request.calledAs('see triad logs worker');
    expect(told).toMatch(/^see ssh -p \d+ \w+@127\.0\.0\.1 logs worker$/);
    raw.changeWindow(0, 90, 30);
    await eventually('the attachment is resized', () => room.attachment.sizes.length === 1);
    expect(room.attachment.sizes).toEqual([{ cols: 90, rows: 30 }]);
  });

  test.each([
    [0, 0, { cols: 80, rows: 24 }],
    [4_294_967_295, 70_000, { cols: 1000, rows: 1000 }],
  ])('in a terminal of %i x %i gets a size that is possible', async (cols, rows, size) => {
    await using room = await GatewayRoom.open();
    await using raw = await rawTerminal(room, cols, rows);
    raw.requestOnChannel(0, 'shell');
    await eventually('somebody is attached', () => room.attachments.length === 1);
    expect(room.attachment.request.size).toEqual(size);
  });

  test('hears of a resize that came while it was opened', async () => {
    const gate = new Gate();
    await using room = await GatewayRoom.open({ attach: gate.attach });
    await using raw = await rawTerminal(room);
    raw.requestOnChannel(0, 'shell');
    raw.changeWindow(0, 90, 30);
    raw.requestOnChannel(0, 'env', sshString('A'), sshString('b'));
    await raw.next([MESSAGE.channelFailure]);
    gate.open();
    await eventually('the attachment is resized', () => room.attachments[0]?.sizes.length);
    expect(room.attachment.sizes).toEqual([{ cols: 90, rows: 30 }]);
  });

  test('goes on when the client has no more input, as with sshd', async () => {
    await using room = await GatewayRoom.open();
    await using raw = await rawTerminal(room);
    raw.requestOnChannel(0, 'shell');
    raw.send(bytes(MESSAGE.channelData), uint32(0), sshString('last words'));
    raw.send(bytes(MESSAGE.channelEof), uint32(0));
    raw.requestOnChannel(0, 'env', sshString('A'), sshString('b'));
    await raw.next([MESSAGE.channelFailure]);
    const { attachment } = room;
    await eventually(
      'all input has come',
      () => String(Buffer.concat(attachment.received)) === 'last words',
    );
    expect(attachment.isDisconnected).toBe(false);
    attachment.write('still here');
    let shown = '';
    while (!shown.endsWith('still here')) {
      shown += (await raw.next([MESSAGE.channelData])).subarray(9).toString();
    }
  });

  test('pauses the client while it takes no more, and loses nothing', async () => {
    await using room = await GatewayRoom.open();
    await using ssh = attach(room);
    await ssh.sees('attached');
    const { attachment } = room;
    attachment.wantsMore = false;
    const paste = Buffer.alloc(6_000_000, 'paste ');
    ssh.process.stdin.write(paste);
    await eventually('the first piece has come', () => attachment.received.length === 1);
    attachment.wantsMore = true;
    attachment.request.terminal.resumeInput();
    const length = (): number => attachment.received.reduce((sum, piece) => sum + piece.length, 0);
    await eventually('all of the paste has come', () => length() === paste.length, length);
    expect(Buffer.concat(attachment.received).equals(paste)).toBe(true);
  });

  test('is told when the client no longer reads, and when it does again', async () => {
    await using room = await GatewayRoom.open();
    await using ssh = attach(room);
    await ssh.sees('attached');
    const { attachment } = room;
    ssh.process.kill('SIGSTOP');
    for (let written = 0; attachment.blocks.length === 0 && written < 1000; written += 1) {
      attachment.write(Buffer.alloc(4096, 'x'));
    }
    expect(attachment.blocks).toEqual([true]);
    ssh.process.kill('SIGCONT');
    await eventually('the attachment is unblocked', () => attachment.blocks.length === 2);
    expect(attachment.blocks).toEqual([true, false]);
    attachment.write('caught up');
    await ssh.sees('caught up');
  });

  test('that writes on regardless loses its channel above a mebibyte', async () => {
    await using room = await GatewayRoom.open();
    await using ssh = attach(room);
    await ssh.sees('attached');
    const { attachment } = room;
    ssh.process.kill('SIGSTOP');
    let written = 0;
    for (; !attachment.isDisconnected && written < 8_000_000; written += 4096) {
      attachment.write(Buffer.alloc(4096, 'x'));
    }
    expect(written).toBeGreaterThan(1000 * 1024);
    expect(written).toBeLessThan(1.1 * 1024 * 1024);
    expect(room.log.map((line) => line['msg'])).toContain(
      'client did not take its output, channel closed',
    );
  });

  test.each(['destroy', 'resetAndDestroy'] as const)(
    'learns that the client is gone after %s',
    async (method) => {
      await using room = await GatewayRoom.open();
      await using raw = await rawTerminal(room);
      raw.requestOnChannel(0, 'shell');
      await raw.next([MESSAGE.channelData]);
      raw.socket[method]();
      await eventually('the attachment is disconnected', () => room.attachment.isDisconnected);
      room.attachment.write('into the void');
    },
  );

  test('learns that the client closed its channel', async () => {
    await using room = await GatewayRoom.open();
    await using raw = await rawTerminal(room);
    raw.requestOnChannel(0, 'shell');
    await raw.next([MESSAGE.channelData]);
    raw.send(bytes(MESSAGE.channelClose), uint32(0));
    await raw.next([MESSAGE.channelClose]);
    await eventually('the attachment is disconnected', () => room.attachment.isDisconnected);
  });

  test('that comes too late for its client is ended at once', async () => {
    const gate = new Gate();
    await using room = await GatewayRoom.open({ attach: gate.attach });
    await using raw = await rawTerminal(room);
    raw.requestOnChannel(0, 'shell');
    await raw.next([MESSAGE.channelSuccess]);
    raw.socket.destroy();
    await eventually('the end of the connection is on record', () => room.audit.length === 2);
    gate.open();
    await eventually('the attachment is disconnected', () => room.attachments[0]?.isDisconnected);
  });

  test.each(['expired', 'source-address', 'session'] as const)(
    'is denied in one wording whatever the reason (%s)',
    async (reason) => {
      const denied = { outcome: 'denied', engineer: engineerName('ada'), reason } as const;
      await using room = await GatewayRoom.open({ attach: async () => ({ denied }) });
      const { code, stdout } = await runSsh(room.target, { options: ['-tt'] });
      expect(code).toBe(77);
      expect(stdout).toBe('triad: you have no access to a session named "pair" here\r\n');
    },
  );

  test('to a session that is not running says so', async () => {
    await using room = await GatewayRoom.open({
      attach: () => Promise.reject(new UnavailableError('session pair is not running')),
    });
    const { code, stdout } = await runSsh(room.target, { options: ['-tt'] });
    expect({ code, stdout }).toEqual({
      code: 69,
      stdout: 'triad: session pair is not running\r\n',
    });
  });

  test.each(['receive', 'resize'] as const)(
    'that breaks in %s ends with a reference, and its connection goes on',
    async (method) => {
      await using room = await GatewayRoom.open();
      await using raw = await rawTerminal(room);
      raw.requestOnChannel(0, 'shell');
      await raw.next([MESSAGE.channelData]);
      room.attachment[method] = () => {
        throw new Error('a bug');
      };
      if (method === 'resize') raw.changeWindow(0, 90, 30);
      else raw.send(bytes(MESSAGE.channelData), uint32(0), sshString('x'));
      const text = (await raw.next([MESSAGE.channelData])).subarray(9).toString();
      expect(text).toMatch(/^triad: internal error \(reference \w{8}\)\r\n$/);
      const status = await raw.next([MESSAGE.channelRequest]);
      expect(status.subarray(-4)).toEqual(uint32(70));
      expect(room.attachment.isDisconnected).toBe(true);
      expect((await raw.openSession(1))[0]).toBe(MESSAGE.channelOpenConfirmation);
    },
  );

  test('without a terminal is refused with what to do instead', async () => {
    await using room = await GatewayRoom.open();
    const { code, stdout, stderr } = await runSsh(room.target, { options: ['-T'] });
    expect({ code, stdout }).toEqual({ code: 64, stdout: '' });
    expect(stderr).toContain(
      'triad: a terminal is needed here: ssh -t pair@host, or run a command: ssh pair@host status\n',
    );
  });
});
