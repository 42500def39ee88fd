import { expect, test } from 'vitest';
import { UnavailableError } from '../../../../src/base/errors.js';
import { engineerName, type SessionName, sessionName } from '../../../../src/base/ids.js';
import type { AccessQuery } from '../../../../src/gateway/access/decide.js';
import { noAccess, SessionAccess } from '../../../../src/gateway/access/session-access.js';
import { SessionNames } from '../../../../src/service/gateway.js';

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
