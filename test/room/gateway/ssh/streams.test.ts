import { describe, expect, test } from 'vitest';
import { EXIT } from '../../../../src/base/exit-codes.js';
import type {
  CommandOutcome,
  OutcomePiece,
} from '../../../../src/gateway/commands/command-outcome.js';
import type { SshCommand } from '../../../../src/gateway/commands/ssh-commands.js';
import { eventually } from '../../../helpers/eventually.js';
import { MESSAGE, RawSshClient, sshString } from '../../../helpers/raw-ssh-client.js';
import { SshClient, sshArguments } from '../../../helpers/ssh-client.js';
import { Terminal } from '../../../helpers/terminal.js';
import { GatewayRoom } from './room.js';

/** A verb whose answer goes on with what the test gives it. */
class Stream {
  readonly commands: SshCommand[] = [];
  taken = 0;
  isOver = false;
  #isAborted = false;
  readonly #pieces: OutcomePiece[] = [];
  #wake: () => void = () => undefined;

  readonly execute = async (command: SshCommand): Promise<CommandOutcome> => {
    this.commands.push(command);
    const pieces = (signal: AbortSignal) => this.#stream(signal);
    return { stdout: '', stderr: '', exitCode: EXIT.ok, pieces };
  };

  put(...pieces: OutcomePiece[]): this {
    this.#pieces.push(...pieces);
    this.#wake();
    return this;
  }

  async *#stream(signal: AbortSignal): AsyncGenerator<OutcomePiece> {
    signal.addEventListener('abort', () => {
      this.#isAborted = true;
      this.#wake();
    });
    try {
      for (;;) {
        const piece = this.#pieces.shift();
        if (this.#isAborted) return;
        if (piece === undefined) await new Promise<void>((resolve) => (this.#wake = resolve));
        else {
          this.taken += 1;
          yield piece;
          if (piece.kind === 'end') return;
        }
      }
    } finally {
      this.isOver = true;
    }
  }
}

const text = (words: string): OutcomePiece => ({ kind: 'text', text: words });
const note = (words: string): OutcomePiece => ({ kind: 'note', text: words });
const end = (exitCode: (typeof EXIT)[keyof typeof EXIT]): OutcomePiece => ({
  kind: 'end',
  exitCode,
});

describe('an answer that goes on over SSH', () => {
  test('comes as it happens, sentences apart, and ends with its status', async () => {
    const stream = new Stream();
    await using room = await GatewayRoom.open({ execute: stream.execute });
    await using ssh = new SshClient([...sshArguments(room.target), 'logs', 'worker', '-f']);
    await eventually('the command was asked for', () => stream.commands.length === 1);
    expect(stream.commands[0]?.terminal).toBeUndefined();
    stream.put(text('one\n'));
    await ssh.sees('one\n');
    stream.put(note('triad: trouble\n'), text('two\n'));
    await ssh.sees('one\ntwo\n');
    stream.put(note('triad: error: taken back\n'), end(EXIT.notPermitted));
    const result = await ssh.ended;
    expect(result).toMatchObject({ code: 77, stdout: 'one\ntwo\n' });
    expect(result.stderr).toContain('triad: trouble\ntriad: error: taken back\n');
  });

  test('ends when the client goes', async () => {
    const stream = new Stream().put(text('one\n'));
    await using room = await GatewayRoom.open({ execute: stream.execute });
    await using ssh = new SshClient([...sshArguments(room.target), 'logs', 'worker', '-f']);
    await ssh.sees('one\n');
    ssh.process.kill('SIGINT');
    await eventually('the answer has ended', () => stream.isOver);
  });

  test('waits for a client that does not read', async () => {
    const stream = new Stream();
    const piece = 'x'.repeat(64 * 1024);
    for (let count = 0; count < 100; count += 1) stream.put(text(piece));
    stream.put(end(EXIT.ok));
    await using room = await GatewayRoom.open({ execute: stream.execute });
    await using raw = await RawSshClient.connect(room.port);
    await raw.logIn(room.key.path, room.key.blob);
    await raw.openSession(0, { window: 1024 });
    raw.requestOnChannel(0, 'exec', sshString('logs worker'));
    await raw.next([MESSAGE.channelData]);
    await eventually('some pieces were taken', () => stream.taken > 2);
    expect(stream.taken).toBeLessThan(20);
  });

  test('is painted in place on a terminal, and Ctrl-C gives the terminal back with status 130', async () => {
    const stream = new Stream().put({ kind: 'screen', text: 'first\n' });
    await using room = await GatewayRoom.open({ execute: stream.execute });
    await using ssh = Terminal.ssh(room.target, { command: ['status', '--watch'] });
    await ssh.sees('first');
    expect(stream.commands[0]?.terminal).toMatchObject({ cols: 100, hasColour: true });
    stream.put({ kind: 'screen', text: 'second\n' });
    await ssh.sees('second');
    expect(ssh.modes).toContain(1049);
    ssh.type('\x03');
    expect(await ssh.status()).toBe(130);
    expect(ssh.modes).not.toContain(1049);
    expect(stream.isOver).toBe(true);
  });

  test('ends with a sentence and status 75 when the gateway stops', async () => {
    const stream = new Stream().put(text('one\n'));
    await using room = await GatewayRoom.open({ execute: stream.execute });
    await using ssh = new SshClient([...sshArguments(room.target), 'logs', 'worker', '-f']);
    await ssh.sees('one\n');
    await room.gateway.close();
    const result = await ssh.ended;
    expect(result).toMatchObject({ code: 75, stdout: 'one\n' });
    expect(result.stderr).toContain(
      'triad: the gateway is stopping; session pair goes on, try again later\n',
    );
  });
});
