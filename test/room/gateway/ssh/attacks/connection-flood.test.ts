/**
 * One source opens connections as fast as it can and says nothing on them, to use up what the gateway
 * has for people who are about to log in. It gets its own few slots, each for as long as no other one of
 * its own comes, and everybody else gets in; each that gave way is counted, but the log does not grow with them.
 */
import { expect, test } from 'vitest';
import { Disposal } from '../../../../../src/base/disposal.js';
import { count } from '../../../../helpers/counts.js';
import { eventually } from '../../../../helpers/eventually.js';
import { runSsh } from '../../../../helpers/ssh-client.js';
import { TcpCrowd } from '../../../../helpers/tcp.js';
import { GatewayRoom } from '../room.js';

const FLOOD = count(200, 2000);
const SLOTS = 9;

test('a flood of connections from one source does not keep another out', async () => {
  await using room = await GatewayRoom.open({ limits: { perSourceMaxStartups: SLOTS } });
  await using crowd = await TcpCrowd.open(FLOOD, room.port, '127.0.0.2');
  const options = ['-b', '127.0.0.3'];
  expect((await runSsh(room.target, { options, command: ['status'] })).code).toBe(0);
  expect(crowd.count('SSH-2.0-Triad')).toBe(FLOOD);
  const open = (): number => crowd.members.filter(({ isClosed }) => !isClosed).length;
  await eventually('as many connections are left as there are slots', () => open() === SLOTS, open);
  const counts = { perSourceMaxStartups: FLOOD - SLOTS, maxStartups: 0 };
  expect(room.gateway.displaced).toMatchObject(counts);
  expect(room.log.filter((line) => line['msg'] === 'limit reached')).toHaveLength(1);
});

test('a source that floods again and again is kept out altogether, and another is not', async () => {
  const limits = { perSourcePenaltyExemptList: [], perSourceMaxStartups: SLOTS };
  await using room = await GatewayRoom.open({ limits });
  // A second for each connection that tried nothing; above fifteen the source is refused.
  for (const wave of [1, 2]) {
    await using crowd = await TcpCrowd.open(SLOTS, room.port, '127.0.0.2');
    expect(crowd.count('SSH-2.0-Triad')).toBe(SLOTS);
    for (const { socket } of crowd.members) socket.end();
    const closed = (): number =>
      room.log.filter((line) => line['msg'] === 'connection closed').length;
    await eventually('the wave has ended', () => closed() === wave * SLOTS, closed);
  }
  await using crowd = await TcpCrowd.open(FLOOD, room.port, '127.0.0.2');
  expect(crowd.count('Not allowed at this time')).toBe(FLOOD);
  expect(room.gateway.refused.perSourcePenalties).toBe(FLOOD);
  const options = ['-b', '127.0.0.3'];
  expect((await runSsh(room.target, { options, command: ['status'] })).code).toBe(0);
});

test('a flood from many sources that say nothing gives way to a person, from wherever they come', async () => {
  const maxStartups = { start: 20, rate: 100, full: 20 };
  await using room = await GatewayRoom.open({ limits: { maxStartups } });
  await using disposal = new Disposal();
  const waves: TcpCrowd[] = [];
  for (const source of [2, 3, 4, 5]) {
    const wave = await TcpCrowd.open(SLOTS, room.port, `127.0.0.${source}`);
    disposal.defer(() => wave[Symbol.asyncDispose]());
    waves.push(wave);
  }
  for (const from of ['127.0.0.250', '127.0.0.5']) {
    const options = ['-b', from];
    expect((await runSsh(room.target, { options, command: ['status'] })).code).toBe(0);
  }
  expect(room.gateway.refused.maxStartups).toBe(0);
  expect(room.gateway.displaced.maxStartups).toBeGreaterThan(4 * SLOTS - 20);
});
