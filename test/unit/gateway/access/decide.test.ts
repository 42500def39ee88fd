import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { engineerName, sessionName } from '../../../../src/base/ids.js';
import { decide } from '../../../../src/gateway/access/decide.js';
import type { Grant } from '../../../../src/gateway/access/grant.js';
import { ROLES } from '../../../../src/gateway/access/role.js';
import { sampleKey } from './sample-keys.js';

const NOW = Date.UTC(2030, 0, 1);
const PAIR = sessionName('pair');
const OPS = sessionName('ops');

function grant(over: Partial<Grant> = {}): Grant {
  return {
    engineer: engineerName('alice'),
    role: 'driver',
    sessions: 'all',
    expiresAt: null,
    from: null,
    key: sampleKey('alice'),
    line: 1,
    ...over,
  };
}

const query = { keyBlob: sampleKey('alice').blob, session: PAIR, address: '10.0.0.1', now: NOW };

describe('decide', () => {
  it('allows what a line grants, with its role and its end', () => {
    const expiresAt = NOW + 1;
    expect(decide([grant({ expiresAt })], query)).toEqual({
      outcome: 'allowed',
      engineer: 'alice',
      role: 'driver',
      expiresAt,
    });
  });

  it('does not know a key that is in no line', () => {
    expect(decide([], query)).toEqual({ outcome: 'unknown-key' });
    expect(decide([grant({ key: sampleKey('bob') })], query)).toEqual({ outcome: 'unknown-key' });
  });

  it('looks only at lines with the key that was presented', () => {
    const other = grant({ role: 'admin', key: sampleKey('alice-laptop') });
    expect(decide([other, grant({ role: 'observer' })], query)).toMatchObject({ role: 'observer' });
  });

  it('takes the role of the first line that fits', () => {
    const lines = [
      grant({ role: 'admin', sessions: [OPS] }),
      grant({ role: 'admin', expiresAt: NOW }),
      grant({ role: 'admin', from: '192.0.2.0/24' }),
      grant({ role: 'observer', sessions: [OPS, PAIR] }),
      grant({ role: 'driver' }),
    ];
    expect(decide(lines, query)).toMatchObject({ outcome: 'allowed', role: 'observer' });
  });

  it('a grant is void from the millisecond on that it ends', () => {
    expect(decide([grant({ expiresAt: NOW + 1 })], query)).toMatchObject({ outcome: 'allowed' });
    expect(decide([grant({ expiresAt: NOW })], query)).toMatchObject({ reason: 'expired' });
  });

  it('denies with the reason of the line that came furthest', () => {
    const wrongSession = grant({ sessions: [OPS] });
    const expired = grant({ expiresAt: NOW - 1 });
    const elsewhere = grant({ from: '192.0.2.1' });
    const reasonOf = (...lines: Grant[]) => decide(lines, query);
    expect(reasonOf(wrongSession)).toMatchObject({ outcome: 'denied', reason: 'session' });
    expect(reasonOf(expired, wrongSession)).toMatchObject({ reason: 'expired' });
    expect(reasonOf(wrongSession, elsewhere, expired)).toMatchObject({ reason: 'source-address' });
  });

  it('denies a line whose from= nobody can read', () => {
    expect(decide([grant({ from: 'host.example.com' })], query)).toMatchObject({
      reason: 'source-address',
    });
  });

  const anyGrant = fc.record({
    role: fc.constantFrom(...ROLES),
    sessions: fc.constantFrom<Grant['sessions']>('all', [PAIR], [OPS], [OPS, PAIR]),
    expiresAt: fc.constantFrom(null, NOW - 1, NOW, NOW + 1),
    from: fc.constantFrom(null, '10.0.0.0/8', '192.0.2.0/24'),
    key: fc.constantFrom(sampleKey('alice'), sampleKey('bob')),
  });

  test.prop([fc.array(anyGrant, { maxLength: 6 })])(
    'allows only by a line that on its own allows the same',
    (overrides) => {
      const grants = overrides.map((over) => grant(over));
      const decision = decide(grants, query);
      const alone = grants.map((line) => decide([line], query));
      const first = alone.find(({ outcome }) => outcome === 'allowed');
      if (first === undefined) expect(decision.outcome).not.toBe('allowed');
      else expect(decision).toEqual(first);
    },
  );
});
