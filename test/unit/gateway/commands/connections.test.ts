import { expect, test } from 'vitest';
import { localTimeText } from '../../../../src/base/calendar-time.js';
import type { Role } from '../../../../src/gateway/access/role.js';
import type { ConnectionInfo } from '../../../../src/gateway/commands/connection-info.js';
import { Executed } from '../../../helpers/executed.js';

const SINCE = '2030-05-31T16:00:00.000Z';

function connection(id: string, engineer: string, session: string): ConnectionInfo {
  return {
    ...{ id, engineer, session, role: 'driver', until: null, views: 0, commands: 0 },
    ...{ fingerprint: `SHA256:${engineer}`, remote: '192.0.2.1:1', since: SINCE },
  };
}

/** Asked by dora, over her own connection `c-dora`. */
function asked(roles: Record<string, Role>): Executed {
  const executed = new Executed({});
  executed.roles = roles;
  executed.connection = { connectionId: 'c-dora' };
  executed.connected = [
    connection('c-dora', 'dora', 'pair'),
    connection('c1', 'bob', 'pair'),
    connection('c2', 'bob', 'lab'),
    { ...connection('c3', 'eve', 'nosuch; x'), role: null },
  ];
  return executed;
}

async function seenBy(roles: Record<string, Role>): Promise<readonly string[]> {
  const { stdout } = await asked(roles).run('who', '--connections', '--json');
  return (JSON.parse(stdout) as ConnectionInfo[]).map(({ id }) => id);
}

test('connections are shown to the admins of their sessions, and to those whose they are', async () => {
  expect(await seenBy({ pair: 'admin' })).toEqual(['c-dora', 'c1']);
  expect(await seenBy({ pair: 'admin', lab: 'admin' })).toEqual(['c-dora', 'c1', 'c2']);
  expect(await seenBy({ pair: 'driver', lab: 'observer' })).toEqual(['c-dora']);
});

test('the table says what each is there by and what is served on it', async () => {
  const executed = asked({ pair: 'admin' });
  executed.connected = [
    { ...connection('c1', 'bob', 'pair'), views: 1, commands: 2 },
    { ...connection('c2', 'eve', 'pair'), role: null },
  ];
  const { stdout } = await executed.run('who', '--connections');
  const [, member, guest] = stdout.split('\n').map((line) => line.split(/ {2,}/));
  expect(member).toEqual([
    ...[
      'c1',
      'bob',
      'driver',
      '-',
      'pair',
      '192.0.2.1:1',
      localTimeText(Date.parse(SINCE)),
      '1 view, 2 commands',
    ],
    'SHA256:bob',
  ]);
  expect(guest?.slice(2, 3)).toEqual(['guest']);
  executed.connected = [];
  expect((await executed.run('who', '--connections')).stdout).toBe('nobody is connected\n');
});

test('kick ends connections where the caller is admin, and not the one that the answer needs', async () => {
  const ofOne = asked({ pair: 'admin' });
  expect(await ofOne.run('kick', 'bob')).toMatchObject({
    exitCode: 0,
    stdout: 'closed connection c1 of bob\n',
  });
  expect(ofOne.kicked).toEqual(['c1']);
  expect(await ofOne.run('kick', 'c2')).toMatchObject({
    exitCode: 1,
    stderr: expect.stringContaining('c2 is not connected') as string,
  });
  const ofBoth = asked({ pair: 'admin', lab: 'admin' });
  await ofBoth.run('kick', 'c2');
  expect((await ofBoth.run('kick', 'dora')).exitCode).toBe(0);
  expect(ofBoth.kicked).toEqual(['c2']);
});
