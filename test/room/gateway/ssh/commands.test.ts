import { describe, expect, test } from 'vitest';
import { UsageError } from '../../../../src/base/errors.js';
import { EXIT, exitCodeOf } from '../../../../src/base/exit-codes.js';
import { engineerName, paneName, sessionName } from '../../../../src/base/ids.js';
import type { CommandOutcome } from '../../../../src/gateway/commands/command-outcome.js';
import type { SshCommand } from '../../../../src/gateway/commands/ssh-commands.js';
import { eventually } from '../../../helpers/eventually.js';
import {
  bytes,
  MESSAGE,
  RawSshClient,
  sshString,
  uint32,
} from '../../../helpers/raw-ssh-client.js';
import { runSsh } from '../../../helpers/ssh-client.js';
import { Terminal } from '../../../helpers/terminal.js';
import { GatewayRoom } from './room.js';

const saying = (outcome: Partial<CommandOutcome>) => async (): Promise<CommandOutcome> => ({
  stdout: '',
  stderr: '',
  exitCode: EXIT.ok,
  ...outcome,
});

/** A command that prints its input, or what went wrong with it. */
async function echoInput({ readInput }: SshCommand): Promise<CommandOutcome> {
  try {
    return { stdout: await readInput(), stderr: '', exitCode: EXIT.ok };
  } catch (error) {
    const stderr = error instanceof UsageError ? error.message : String(error);
    return { stdout: '', stderr, exitCode: exitCodeOf(error) };
  }
}

describe('a command that asks to watch', () => {
  const watch = { session: sessionName('pair'), pane: paneName('worker') };

  test('gets a view where there is a terminal, and its end is that of the command', async () => {
    await using room = await GatewayRoom.open({ execute: saying({ watch }) });
    await using ssh = Terminal.ssh(room.target, { command: ['watch', 'worker'] });
    await ssh.sees('attached pair ada 100x30');
    expect(room.attachment.request.watch).toEqual({ pane: 'worker' });
    room.attachment.end(EXIT.tryAgain);
    expect(await ssh.status()).toBe(EXIT.tryAgain);
  });

  test('is told how to get a terminal where there is none', async () => {
    await using room = await GatewayRoom.open({ execute: saying({ watch }) });
    const result = await runSsh(room.target, { command: ['watch', 'worker'] });
    expect(result).toMatchObject({ code: 64, stdout: '' });
    expect(result.stderr).toContain('triad: watching needs a terminal: ssh -t pair@host watch');
    expect(room.attachments).toEqual([]);
  });

  test('is refused like any attachment where the right is gone meanwhile', async () => {
    const denied = { outcome: 'denied', engineer: engineerName('ada'), reason: 'expired' } as const;
    const attach = async () => ({ denied });
    await using room = await GatewayRoom.open({ execute: saying({ watch }), attach });
    const result = await runSsh(room.target, { options: ['-tt'], command: ['watch'] });
    expect(result.code).toBe(77);
  });
});

describe('a command over SSH', () => {
  test('gives its output, its error text and its exit code', async () => {
    const execute = saying({ stdout: 'one\ntwo\n', stderr: 'trouble\n', exitCode: EXIT.usage });
    await using room = await GatewayRoom.open({ execute });
    const result = await runSsh(room.target, { command: ['restart', 'worker'] });
    expect(result).toMatchObject({ code: 64, stdout: 'one\ntwo\n' });
    expect(result.stderr).toContain('trouble\n');
    expect(room.commands).toMatchObject([{ commandLine: 'restart worker', session: 'pair' }]);
  });

  test('gives all of several megabytes', async () => {
    const stdout = 'åß∂ƒ\n'.repeat(500_000);
    await using room = await GatewayRoom.open({ execute: saying({ stdout }) });
    const result = await runSsh(room.target, { command: ['capture', 'worker'] });
    expect(result.code).toBe(0);
    expect(Buffer.from(result.stdout, 'latin1').toString() === stdout).toBe(true);
  });

  test('reaches a client that opens its window only after its channel', async () => {
    await using room = await GatewayRoom.open({ execute: saying({ stdout: 'here' }) });
    await using raw = await RawSshClient.connect(room.port);
    await raw.logIn(room.key.path, room.key.blob);
    await raw.openSession(0, { window: 0 });
    raw.adjustWindow(0, 1000);
    raw.requestOnChannel(0, 'exec', sshString('who'));
    expect((await raw.next([MESSAGE.channelData])).toString()).toContain('here');
  });

  test('ends its lines as a terminal needs it where there is one', async () => {
    const execute = saying({ stdout: 'one\ntwo\r\n', stderr: 'trouble\n', exitCode: EXIT.failure });
    await using room = await GatewayRoom.open({ execute });
    const result = await runSsh(room.target, { options: ['-tt'], command: ['status'] });
    expect(result).toMatchObject({ code: 1, stdout: 'trouble\r\none\r\ntwo\r\n' });
  });

  test.each([0, 1, 65_536])('gets %i bytes of standard input', async (length) => {
    await using room = await GatewayRoom.open({ execute: echoInput });
    const input = 'x'.repeat(length);
    const result = await runSsh(room.target, { command: ['send'], input });
    expect(result).toMatchObject({ code: 0, stdout: input });
  });

  test('refuses one byte more than it can take', async () => {
    await using room = await GatewayRoom.open({ execute: echoInput });
    const result = await runSsh(room.target, { command: ['send'], input: 'x'.repeat(65_537) });
    expect(result.code).toBe(64);
    expect(result.stderr).toContain('standard input must be at most 65536 bytes');
  });

  test('refuses input that is no text', async () => {
    await using room = await GatewayRoom.open({ execute: echoInput });
    const result = await runSsh(room.target, { command: ['send'], input: Buffer.from([0xff]) });
    expect(result.code).toBe(64);
    expect(result.stderr).toContain('standard input must be UTF-8 text');
  });

  test('gets no input from a terminal, where nobody could end it', async () => {
    await using room = await GatewayRoom.open({ execute: echoInput });
    const result = await runSsh(room.target, { options: ['-tt'], command: ['send'] });
    expect(result.code).toBe(64);
    expect(result.stdout).toContain('input cannot come from a terminal');
  });

  test.each(['while it was read', 'before it was read'])(
    'does not act on input that was cut off %s',
    async (moment) => {
      const inputs: unknown[] = [];
      let start: () => void = () => undefined;
      const started = new Promise<void>((resolve) => {
        start = resolve;
      });
      const execute = async ({ readInput }: SshCommand): Promise<CommandOutcome> => {
        await started;
        inputs.push(await readInput().catch((error: unknown) => String(error)));
        return { stdout: '', stderr: '', exitCode: EXIT.ok };
      };
      await using room = await GatewayRoom.open({ execute });
      await using raw = await RawSshClient.connect(room.port);
      await raw.logIn(room.key.path, room.key.blob);
      await raw.openSession();
      raw.requestOnChannel(0, 'exec', sshString('grant bob --key -'));
      raw.send(bytes(MESSAGE.channelData), uint32(0), sshString('ssh-ed25519 AAAA'));
      raw.requestOnChannel(0, 'env', sshString('A'), sshString('b'));
      await raw.next([MESSAGE.channelFailure]);
      if (moment === 'while it was read') start();
      raw.socket.destroy();
      await eventually('the end of the connection is on record', () => room.audit.length === 2);
      start();
      await eventually('the command learns of it', () => inputs.length === 1);
      expect(inputs).toEqual([expect.stringContaining('the client left before the end')]);
    },
  );

  test('does not wait for input that it never reads', async () => {
    await using room = await GatewayRoom.open({ execute: saying({ stdout: 'done\n' }) });
    const input = Buffer.alloc(4_000_000);
    const result = await runSsh(room.target, { command: ['status'], input });
    expect(result).toMatchObject({ code: 0, stdout: 'done\n' });
  });

  test('that breaks leaves a reference that the log knows, and nothing else', async () => {
    const execute = (): Promise<CommandOutcome> => Promise.reject(new Error('/secret/path'));
    await using room = await GatewayRoom.open({ execute });
    const { code, stderr } = await runSsh(room.target, { command: ['status'] });
    expect(code).toBe(70);
    expect(stderr).not.toContain('secret');
    const [, reference] = /internal error \(reference (\w{8})\)/.exec(stderr) ?? [];
    expect(room.log.find((line) => line['level'] === 'error')).toMatchObject({ reference });
  });

  test('runs beside others on one shared connection, up to the limit', async () => {
    await using room = await GatewayRoom.open({ limits: { maxSessions: 2 } });
    const control = ['-o', `ControlPath=${room.directory}/control`];
    const master = ['-tt', '-o', 'ControlMaster=yes', ...control];
    const attached = runSsh(room.target, { options: master });
    await eventually('somebody is attached', () => room.attachments.length === 1);
    const results = [
      await runSsh(room.target, { options: control, command: ['status'] }),
      await runSsh(room.target, { options: control, command: ['who'] }),
    ];
    expect(results.map(({ code }) => code)).toEqual([0, 0]);
    const [first] = room.commands;
    expect(first?.caller.connectionId).toBe(room.attachment.request.caller.connectionId);
    room.attachment.end(EXIT.ok);
    expect((await attached).code).toBe(0);
  });
});
