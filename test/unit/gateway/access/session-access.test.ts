import { describe, expect, test } from 'vitest';
import { localTimeText } from '../../../../src/base/calendar-time.js';
import { UnavailableError } from '../../../../src/base/errors.js';
import { engineerName, type SessionName, sessionName } from '../../../../src/base/ids.js';
import { parseAuthorizedKeys } from '../../../../src/gateway/access/authorized-keys.js';
import { type AccessQuery, decide } from '../../../../src/gateway/access/decide.js';
import type { Grant } from '../../../../src/gateway/access/grant.js';
import { noAccess, SessionAccess } from '../../../../src/gateway/access/session-access.js';
import { SessionNames } from '../../../../src/service/gateway.js';
import { sampleKey, sampleLine } from './sample-keys.js';

const holder = {
  engineer: engineerName('olga'),
  keyBlob: Uint8Array.of(1, 2, 3),
  address: '203.0.113.7',
};
const denied = { outcome: 'denied', engineer: holder.engineer, reason: 'session' };
const asObserver = { role: 'observer', expiresAt: null } as const;

/** The access to a host with these sessions, by grants that give the holder every session there may be. */
function open(names?: readonly SessionName[]) {
  const queries: AccessQuery[] = [];
  const access = new SessionAccess({
    sessions: new SessionNames(names),
    grants: {
      current: { grants: [], problems: [], staleReason: null },
      decide: (query) => {
        queries.push(query);
        return { outcome: 'allowed', engineer: holder.engineer, ...asObserver };
      },
      onChange: () => () => undefined,
    },
  });
  return { access, queries };
}

test('for a session that the host has, decide() answers', () => {
  const { access, queries } = open([sessionName('pair')]);
  expect(access.decide(holder, 'pair')).toMatchObject({ outcome: 'allowed', ...asObserver });
  expect(queries).toMatchObject([
    { session: 'pair', keyBlob: holder.keyBlob, address: holder.address },
  ]);
});

test.each(['other', 'PAIR', 'pair ', '', '../pair', 'pair:worker', 'p'.repeat(1000)])(
  'nobody has a right to %j, which is no session of the host',
  (name) => {
    const { access, queries } = open([sessionName('pair')]);
    expect(access.decide(holder, name)).toEqual(denied);
    expect(queries).toEqual([]);
    expect(access.decide(holder, 'pair').outcome).toBe('allowed');
  },
);

test('a host without any session is one on which nobody has a right', () => {
  expect(open([]).access.decide(holder, 'pair')).toEqual(denied);
});

test('while no host has told its sessions, grants decide about a name, and who needs them all is refused', () => {
  const { access } = open();
  expect(access.decide(holder, 'pair').outcome).toBe('allowed');
  expect(access.decide(holder, 'no name').outcome).toBe('denied');
  expect(() => access.requireSessions()).toThrow(UnavailableError);
  expect(() => access.adminScope(holder)).toThrow(UnavailableError);
});

test('the refusal names what was asked for alone, safe to print', () => {
  expect(noAccess('pa\u001bir')).toBe('you have no access to a session named "pa\\x1bir" here');
});

describe('what somebody without a right is told', () => {
  const olga = sampleKey('olga');
  const grantsOf = (engineer: string, options: string): readonly Grant[] => {
    const parsed = parseAuthorizedKeys(Buffer.from(sampleLine(engineer, options)));
    if ('problem' in parsed) throw new Error(parsed.problem);
    return parsed.grants;
  };
  const lines = (options: string): readonly Grant[] => grantsOf('olga', options);
  const explained = (grants: readonly Grant[], name: string): string => {
    const store = { problems: [], staleReason: null, grants };
    const access = new SessionAccess({
      sessions: new SessionNames(['pair', 'lab', 'ops'].map(sessionName)),
      grants: {
        current: store,
        decide: (query) => decide(grants, query),
        onChange: () => () => undefined,
      },
    });
    return access.explain({ ...holder, keyBlob: olga.blob }, name);
  };
  const adminOf = (name: string, options: string): readonly Grant[] =>
    grantsOf(name, `role="admin",${options}`);

  test('a wrong name lists the sessions that their key may see, and no other', () => {
    const grants = lines('sessions="lab,pair"');
    expect(explained(grants, 'pari')).toBe(
      'you have no access to a session named "pari" here; sessions that you may see: pair, lab',
    );
    expect(explained(grants, 'ops')).toContain('"ops" here; sessions that you may see: pair, lab');
    expect(explained(lines('sessions="gone"'), 'pari')).toBe(noAccess('pari'));
  });

  test('an expiry of theirs is told with its time, and who may renew it', () => {
    const until = 'sessions="pair",expiry-time="20200601120000Z"';
    const admins = [...adminOf('alice', 'sessions="pair"'), ...adminOf('bob', 'sessions="ops"')];
    const told = explained([...lines(until), ...admins], 'pair');
    const when = localTimeText(Date.UTC(2020, 5, 1, 12));
    expect(told).toBe(
      `your access to pair expired at ${when}; ask an admin of pair for a new grant: alice`,
    );
    expect(explained(lines(until), 'pair')).toContain('ask whoever runs this gateway');
    expect(explained(lines(until), 'ops')).toBe(noAccess('ops'));
  });

  test('what others have, and from where one may come, stays untold', () => {
    const grants = [...lines('from="192.0.2.1"'), ...adminOf('alice', 'sessions="pair"')];
    expect(explained(grants, 'pair')).toBe(noAccess('pair'));
  });
});
