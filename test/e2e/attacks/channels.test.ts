/**
 * Whoever may log in, an observer too, opens channels. One with packets of at most 0 bytes sends the
 * SSH library into an endless loop at the first byte that it writes; one with packets of 1 byte makes
 * a packet of each. Fifty thousand channels cost 86 MB. A client that ignores what it may send fills
 * 200 MB, one that asks 300,000 times and reads no answer 80 MB. The library believes any window, any
 * end and any close.
 */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { AttackedTriad } from '../../helpers/attacked-triad.js';
import { count } from '../../helpers/counts.js';
import { eventually } from '../../helpers/eventually.js';
import {
  bytes,
  MESSAGE,
  type RawSshClient,
  sshString,
  uint32,
} from '../../helpers/raw-ssh-client.js';

/** The default of `config/gateway.yaml`. */
const MAX_SESSIONS = 10;

let triad: AttackedTriad;

beforeAll(async () => {
  // A pane that never reads what is typed into it.
  const panes = '[{name: worker, command: [sleep, infinity]}]';
  triad = await AttackedTriad.start({ triad: `sessions: [{name: pair, panes: ${panes}}]\n` });
});

afterAll(async () => {
  await triad[Symbol.asyncDispose]();
});

async function attached(): Promise<RawSshClient> {
  const raw = await triad.logIn();
  await raw.openSession();
  raw.attach();
  await raw.next([MESSAGE.channelData]);
  return raw;
}

test.each([0, 1, 1023])('a channel with packets of at most %i bytes is refused', async (size) => {
  const attack = async (): Promise<void> => {
    await using raw = await triad.logIn('olga');
    const answer = await raw.openSession(0, { packetSize: size });
    expect(answer[0]).toBe(MESSAGE.channelOpenFailure);
    raw.requestOnChannel(0, 'exec', sshString('who'));
    expect((await raw.openSession(1))[0]).toBe(MESSAGE.channelOpenConfirmation);
  };
  await triad.withstands(attack, { reason: /^client left$/ });
});

test('of very many channels a few are opened, and the others refused', async () => {
  const many = count(2000, 50_000);
  const attack = async (): Promise<void> => {
    await using raw = await triad.logIn('olga');
    let confirmed = 0;
    for (let opened = 0; opened < many; opened += 500) {
      for (let id = opened; id < opened + 500; id += 1) {
        const numbers = [uint32(id), uint32(2 ** 21), uint32(32_768)];
        raw.send(bytes(MESSAGE.channelOpen), sshString('session'), ...numbers);
      }
      for (let answers = 0; answers < 500; answers += 1) {
        const { channelOpenConfirmation: yes, channelOpenFailure: no } = MESSAGE;
        if ((await raw.next([yes, no]))[0] === yes) confirmed += 1;
      }
    }
    expect(confirmed).toBe(MAX_SESSIONS);
  };
  await triad.withstands(attack, { reason: /^client left$/ });
}, 120_000);

test('channels that are opened and closed without end leave nothing', async () => {
  const attack = async (): Promise<void> => {
    await using raw = await triad.logIn('olga');
    for (let id = 0; id < count(200, 20_000); id += 1) {
      expect((await raw.openSession(id))[0]).toBe(MESSAGE.channelOpenConfirmation);
      raw.send(bytes(MESSAGE.channelClose), uint32(id));
      await raw.next([MESSAGE.channelClose]);
    }
  };
  await triad.withstands(attack, { reason: /^client left$/ });
}, 120_000);

test('a client that ignores how much it may send ends its connection', async () => {
  const attack = async (): Promise<void> => {
    await using raw = await attached();
    const piece = Buffer.alloc(30_000, 'x');
    for (let sent = 0; sent < 8000 && !raw.isClosed; sent += 1) {
      raw.sendData(0, piece);
      if (sent % 100 === 0) await new Promise(setImmediate);
    }
    await raw.closedByServer();
  };
  await triad.withstands(attack, { reason: /^client ignored its send window$/ });
});

test.each([
  ['a window beyond 4 GiB', /^client opened its window too far$/, 'adjustWindow'],
  ['data after the end', /^client sent data after its end$/, 'sendData'],
] as const)('%s ends the connection', async (_what, reason, move) => {
  const attack = async (): Promise<void> => {
    await using raw = await attached();
    raw.send(bytes(MESSAGE.channelEof), uint32(0));
    if (move === 'sendData') raw.sendData(0, 'x');
    else raw.adjustWindow(0, 2 ** 32 - 1);
    await raw.closedByServer();
  };
  await triad.withstands(attack, { reason });
});

test('a client that asks and does not read the answers is cut off', async () => {
  const attack = async (): Promise<void> => {
    await using raw = await triad.logIn('olga');
    raw.socket.pause();
    const request = [bytes(MESSAGE.globalRequest), sshString('x'), bytes(1)];
    for (let sent = 0; !triad.hasEnded('client does not read its answers'); sent += 5000) {
      if (sent > 2_000_000) throw new Error('two million answers and no end');
      raw.socket.cork();
      for (let more = 0; more < 5000; more += 1) raw.send(...request);
      raw.socket.uncork();
      await eventually('all requests left', () => raw.isClosed || raw.socket.writableLength === 0);
    }
  };
  await triad.withstands(attack, { reason: /^client does not read its answers$/ });
}, 120_000);

test("a server's message with thousands of host keys costs nothing", async () => {
  const attack = async (): Promise<void> => {
    await using raw = await triad.logIn('olga');
    const name = sshString('hostkeys-00@openssh.com');
    raw.send(bytes(MESSAGE.globalRequest), name, bytes(1), Buffer.alloc(34_000));
    await expect(raw.next([MESSAGE.requestFailure])).rejects.toThrow('connection closed');
  };
  await triad.withstands(attack, { reason: /^client sent host keys$/ });
});

test('messages for channels that are closed, or never were, change nothing', async () => {
  const attack = async (): Promise<void> => {
    await using raw = await attached();
    for (const type of [MESSAGE.channelEof, MESSAGE.channelEof, MESSAGE.channelClose]) {
      raw.send(bytes(type), uint32(0));
    }
    for (const id of [0, 7, 2 ** 31]) {
      raw.sendData(id, 'x');
      raw.adjustWindow(id, 2 ** 32 - 1);
      raw.changeWindow(id, 0, 2 ** 32 - 1);
      raw.requestOnChannel(id, 'shell');
      raw.send(bytes(MESSAGE.channelEof), uint32(id));
      raw.send(bytes(MESSAGE.channelClose), uint32(id));
    }
    expect((await raw.openSession(1))[0]).toBe(MESSAGE.channelOpenConfirmation);
    raw.sendData(2 ** 32 - 1, 'x');
    await raw.closedByServer();
  };
  await triad.withstands(attack, { reason: /^Invalid channel id: 4294967295$/ });
});
