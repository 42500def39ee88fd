/**
 * The SSH library handles messages that only a server sends and keeps a queue of authentication
 * requests, which a client puts out of step with them, or by asking several things at once: in a
 * careless server the next decision throws and ends the process. A single packet of nine bytes that
 * answers 33 million prompts makes it allocate 256 MB, and what says nothing is read without end.
 */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { AttackedTriad } from '../../helpers/attacked-triad.js';
import { count } from '../../helpers/counts.js';
import { bytes, MESSAGE, sshString, uint32 } from '../../helpers/raw-ssh-client.js';

const algorithm = 'ssh-ed25519';

let triad: AttackedTriad;

beforeAll(async () => {
  triad = await AttackedTriad.start();
});

afterAll(async () => {
  await triad[Symbol.asyncDispose]();
});

test.each([
  ['a refusal', MESSAGE.userauthFailure, [sshString('publickey'), bytes(0)]],
  ['a success', MESSAGE.userauthSuccess, []],
  ['a request to sign', MESSAGE.userauthPkOk, [sshString(algorithm), sshString('')]],
  ['a global request', MESSAGE.globalRequest, [sshString('x'), bytes(1)]],
  ['a channel', MESSAGE.channelOpen, [sshString('session'), ...[0, 1, 32_768].map(uint32)]],
  ['a message nobody knows', 192, [sshString('ping')]],
])('%s instead of a request to log in ends the connection', async (_what, type, details) => {
  const attack = async (): Promise<void> => {
    await using raw = await triad.connect();
    raw.socket.cork();
    raw.requestPublicKey({ algorithm, blob: triad.blobOf('dora') });
    raw.send(bytes(type), ...details);
    raw.requestAuthentication('pair', 'none');
    raw.socket.uncork();
    await raw.closedByServer();
  };
  await triad.withstands(attack, {
    reason: new RegExp(`^client sent message ${type} out of turn$`),
  });
});

test('many requests at once are answered one by one, and let nobody in', async () => {
  const attack = async (): Promise<void> => {
    await using raw = await triad.connect();
    const { userauthFailure: no, userauthPkOk: acceptable } = MESSAGE;
    expect(await raw.answersToMany(triad.blobOf('dora'))).toEqual([no, acceptable, no, no]);
  };
  await triad.withstands(attack, { reason: /^client left$/ });
});

test('33 million answers to no question allocate nothing', async () => {
  const attack = async (): Promise<void> => {
    for (let sent = 0; sent < count(3, 10); sent += 1) {
      await using raw = await triad.connect();
      raw.socket.cork();
      raw.requestAuthentication('pair', 'keyboard-interactive', sshString(''), sshString(''));
      raw.send(bytes(MESSAGE.userauthInfoResponse), uint32(33_554_431));
      raw.socket.uncork();
      await raw.closedByServer();
    }
  };
  await triad.withstands(attack, { reason: /^client sent message 61 out of turn$/ });
});

test.each([
  ['ignored data', [bytes(MESSAGE.ignore), sshString('')]],
  ['debug messages', [bytes(MESSAGE.debug, 1), sshString('\u001b[2J'), sshString('')]],
])('%s without end are not read without end', async (_what, message) => {
  const attack = async (): Promise<void> => {
    await using raw = await triad.connect();
    for (let sent = 0; sent < 500_000 && !raw.isClosed; sent += 1) {
      raw.send(...message);
      if (sent % 1000 === 0) await new Promise(setImmediate);
    }
    await raw.closedByServer();
  };
  await triad.withstands(attack, { reason: /^client sent too much before login$/ });
});

test('a farewell full of control characters is told without them', async () => {
  const attack = async (): Promise<void> => {
    await using raw = await triad.connect();
    const text = '\u001b]0;owned\u0007\r\n{"level":"error"}\u202e';
    raw.send(bytes(MESSAGE.disconnect), uint32(2), sshString(text), sshString(''));
    await raw.closedByServer();
  };
  await triad.withstands(attack, { reason: /^client said: \\x1b\]0;owned\\x07\\x0d\\x0a/ });
});
