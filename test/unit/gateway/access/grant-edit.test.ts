import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { RefusedError, UsageError } from '../../../../src/base/errors.js';
import { engineerName, sessionName } from '../../../../src/base/ids.js';
import {
  type AuthorizedKeys,
  formatAuthorizedKeys,
  parseAuthorizedKeys,
} from '../../../../src/gateway/access/authorized-keys.js';
import { decide } from '../../../../src/gateway/access/decide.js';
import { describeGrant } from '../../../../src/gateway/access/grant.js';
import {
  applyGrant,
  applyRevoke,
  type GrantChange,
  type GrantEdit,
} from '../../../../src/gateway/access/grant-edit.js';
import { sampleKey, sampleLine } from './sample-keys.js';

const NOW = Date.UTC(2030, 0, 1);
const LATER = Date.UTC(2030, 0, 2);
const ALICE = engineerName('alice');
const PAIR = sessionName('pair');
const OPS = sessionName('ops');
const LAB = sessionName('lab');
const ALL = [PAIR, OPS, LAB];

function parse(text: string): AuthorizedKeys {
  const file = parseAuthorizedKeys(Buffer.from(text));
  if ('problem' in file) throw new Error(file.problem);
  return file;
}

function textOf({ file }: GrantEdit): string {
  return formatAuthorizedKeys(file.lines).toString();
}

function grant(text: string, change: Partial<GrantChange> = {}): GrantEdit {
  const base = { engineer: ALICE, role: 'driver', keys: [], session: null } as const;
  const isForced = true;
  return applyGrant(parse(text), { ...base, isForced, ...change }, NOW);
}

function revoke(text: string, session: GrantChange['session'] = null): GrantEdit {
  return applyRevoke(parse(text), { engineer: ALICE, session, allSessions: ALL }, NOW);
}

const lines = (...all: string[]) => all.map((line) => `${line}\n`).join('');

describe('granting', () => {
  it('adds a new engineer with a line of their own at the end', () => {
    const old = lines('# team', sampleLine('bob'));
    const edit = grant(old, { keys: [sampleKey('alice')] });
    expect(textOf(edit)).toBe(old + lines(sampleLine('alice', 'role="driver"')));
    expect(edit.deltas).toMatchObject([{ before: null, after: { engineer: 'alice', line: 3 } }]);
  });

  it('writes every term that was stated', () => {
    const edit = grant('', {
      keys: [sampleKey('alice')],
      session: PAIR,
      expiresAt: LATER - 1,
      from: '10.0.0.0/8,!10.0.0.1',
    });
    const options =
      'role="driver",sessions="pair",expiry-time="20300102000000Z",from="10.0.0.0/8,!10.0.0.1"';
    expect(textOf(edit)).toBe(lines(sampleLine('alice', options)));
  });

  it('ends the last line where the file did not', () => {
    const edit = grant(sampleLine('bob'), { keys: [sampleKey('alice')] });
    expect(textOf(edit)).toBe(lines(sampleLine('bob'), sampleLine('alice', 'role="driver"')));
  });

  it('changes the role of all lines of the engineer, and keeps their sessions and other options', () => {
    const edit = grant(
      lines(
        sampleLine('alice', 'restrict,role="admin",sessions="ops"'),
        sampleLine('bob'),
        sampleLine('alice', '', 'laptop'),
      ),
    );
    expect(textOf(edit)).toBe(
      lines(
        sampleLine('alice', 'restrict,role="driver",sessions="ops"'),
        sampleLine('bob'),
        sampleLine('alice', 'role="driver"', 'laptop'),
      ),
    );
    expect(edit.deltas).toMatchObject([
      { before: { role: 'admin', line: 1 }, after: { role: 'driver', line: 1 } },
      { before: { role: 'observer', line: 3 }, after: { role: 'driver', line: 3 } },
    ]);
  });

  it('a key that is there is updated, a key that is not is added', () => {
    const edit = grant(lines(sampleLine('alice', 'role="observer"')), {
      keys: [sampleKey('alice'), sampleKey('laptop')],
    });
    expect(textOf(edit)).toBe(
      lines(sampleLine('alice', 'role="driver"'), sampleLine('alice', 'role="driver"', 'laptop')),
    );
  });

  it('changes nothing, and says so, where all is so already', () => {
    const old = lines(sampleLine('alice', 'restrict,ROLE="driver"  '.trim()));
    expect(grant(old)).toMatchObject({ deltas: [] });
    expect(textOf(grant(old, { session: PAIR }))).toBe(old);
  });

  it('keeps restrictions that are not mentioned', () => {
    const options = 'expiry-time="20300102Z",from="10.0.0.0/8"';
    expect(textOf(grant(lines(sampleLine('alice', options))))).toBe(
      lines(sampleLine('alice', `${options},role="driver"`)),
    );
  });

  it('drops an end that has passed, since access begins now', () => {
    const old = lines(sampleLine('alice', 'role="driver",expiry-time="20300101000000Z"'));
    expect(textOf(grant(old))).toBe(lines(sampleLine('alice', 'role="driver"')));
  });

  it('lifts restrictions when told to', () => {
    const old = lines(sampleLine('alice', 'expiry-time="20300102Z",from="10.0.0.0/8",restrict'));
    expect(textOf(grant(old, { expiresAt: null, from: null }))).toBe(
      lines(sampleLine('alice', 'restrict,role="driver"')),
    );
  });

  it('for one session of a line for all, puts a line before that one', () => {
    const general = sampleLine('alice', 'role="observer",from="10.0.0.0/8"');
    const edit = grant(lines('# a', general), { session: PAIR, expiresAt: LATER });
    const narrow = sampleLine(
      'alice',
      'role="driver",from="10.0.0.0/8",sessions="pair",expiry-time="20300102000000Z"',
    );
    expect(textOf(edit)).toBe(lines('# a', narrow, general));
    expect(edit.deltas).toMatchObject([{ before: null, after: { sessions: ['pair'], line: 2 } }]);
  });

  it('for one session of a list, leaves the others as they were', () => {
    const general = sampleLine('alice', 'role="admin",sessions="ops,pair"');
    expect(textOf(grant(lines(general), { session: PAIR }))).toBe(
      lines(sampleLine('alice', 'role="driver",sessions="pair"'), general),
    );
  });

  it('for a session that no line covers, adds a line with the restrictions of that key', () => {
    const old = sampleLine('alice', 'role="admin",sessions="ops",from="10.0.0.0/8"');
    expect(textOf(grant(lines(old, sampleLine('bob')), { session: PAIR }))).toBe(
      lines(
        old,
        sampleLine('alice', 'role="driver",sessions="pair",from="10.0.0.0/8"'),
        sampleLine('bob'),
      ),
    );
  });

  it('adds no second line for what a narrower line says already', () => {
    const first = grant(lines(sampleLine('alice', 'role="observer"')), {
      session: PAIR,
      expiresAt: LATER,
    });
    const second = applyGrant(
      first.file,
      { engineer: ALICE, role: 'driver', keys: [], session: PAIR, expiresAt: LATER },
      NOW,
    );
    expect(second.deltas).toEqual([]);
    expect(textOf(second)).toBe(textOf(first));
  });

  it('leaves no older right of a later line behind a narrower one', () => {
    const general = sampleLine('alice', 'role="admin"');
    const old = lines(
      sampleLine('alice', 'role="admin",sessions="pair",expiry-time="20300102Z"'),
      general,
    );
    const { file } = grant(old, { role: 'observer', session: PAIR });
    const query = { keyBlob: sampleKey('alice').blob, address: '10.0.0.1' };
    const roleAt = (session: typeof PAIR, now: number) =>
      decide(file.grants, { ...query, session, now });
    expect(roleAt(PAIR, NOW)).toMatchObject({ role: 'observer' });
    expect(roleAt(PAIR, LATER)).toMatchObject({ role: 'observer' });
    expect(roleAt(OPS, NOW)).toMatchObject({ role: 'admin' });
  });

  it('refuses an engineer without a key, and says how', () => {
    const act = () => grant(lines(sampleLine('bob')));
    expect(act).toThrow(RefusedError);
    expect(act).toThrow(
      expect.objectContaining({
        message: 'there is no key of alice yet',
        hint: 'triad grant alice --role driver --key FILE.pub adds one',
      }) as Error,
    );
  });

  it("refuses another engineer's key and names them", () => {
    const key = sampleKey('bob');
    expect(() => grant(lines(sampleLine('bob')), { keys: [key] })).toThrow(
      `the key ${key.fingerprint} is bob's`,
    );
  });

  it('refuses an end that is not in the future, and addresses that are none', () => {
    const keys = [sampleKey('alice')];
    expect(() => grant('', { keys, expiresAt: NOW })).toThrow(UsageError);
    expect(() => grant('', { keys, from: 'host.example.com' })).toThrow(UsageError);
    expect(() => grant('', { keys, from: '1.1.1.1" x="' })).toThrow(UsageError);
  });

  it('refuses to make a file that could not be read again', () => {
    expect(() => grant('#\n'.repeat(10_000), { keys: [sampleKey('alice')] })).toThrow(
      'the file of grants is full: it has more than 10000 lines',
    );
  });
});

describe('revoking', () => {
  it('removes every line of the engineer, those that have expired too', () => {
    const bob = sampleLine('bob', 'role="admin"');
    const old = lines(sampleLine('alice'), bob, sampleLine('alice', 'expiry-time="20200101"', 'x'));
    const edit = revoke(old);
    expect(textOf(edit)).toBe(lines(bob));
    expect(edit.deltas).toMatchObject([
      { before: { line: 1 }, after: null },
      { before: { line: 3 }, after: null },
    ]);
  });

  it('for one session, takes it out of a list and out of all', () => {
    const old = lines(
      sampleLine('alice', 'role="admin",sessions="ops,pair"'),
      sampleLine('alice', 'restrict', 'laptop'),
      sampleLine('alice', 'sessions="pair"', 'phone'),
    );
    const edit = revoke(old, PAIR);
    expect(textOf(edit)).toBe(
      lines(
        sampleLine('alice', 'role="admin",sessions="ops"'),
        sampleLine('alice', 'restrict,sessions="ops,lab"', 'laptop'),
      ),
    );
    expect(edit.deltas.map(({ after }) => after && describeGrant(after))).toEqual([
      null,
      'admin, session ops',
      'observer, sessions ops, lab',
    ]);
  });

  it('removes a line for all when its session was the only one', () => {
    const change = { engineer: ALICE, session: PAIR, allSessions: [PAIR] };
    const edit = applyRevoke(parse(lines(sampleLine('alice'))), change, NOW);
    expect(textOf(edit)).toBe('');
  });

  it('changes nothing where the engineer had no access', () => {
    const old = lines(sampleLine('alice', 'sessions="ops"'));
    expect(revoke(old, PAIR).deltas).toEqual([]);
    expect(textOf(revoke(old, PAIR))).toBe(old);
  });

  it('refuses a name that has no grant', () => {
    expect(() => revoke(lines(sampleLine('bob')))).toThrow(RefusedError);
  });

  it('leaves the key no way in through a line that claims it for somebody else', () => {
    const old = lines(sampleLine('alice'), sampleLine('bob', 'role="admin"', 'alice'));
    const { file } = revoke(old);
    const keyBlob = sampleKey('alice').blob;
    expect(decide(file.grants, { keyBlob, session: PAIR, address: '10.0.0.1', now: NOW })).toEqual({
      outcome: 'unknown-key',
    });
  });
});

describe('an edit', () => {
  const session = fc.constantFrom(null, PAIR, OPS);
  const change = fc.record({
    engineer: fc.constantFrom(ALICE, engineerName('bob')),
    role: fc.constantFrom('observer' as const, 'driver' as const, 'admin' as const),
    session,
    expiresAt: fc.constantFrom(undefined, null, LATER),
    from: fc.constantFrom(undefined, null, '10.0.0.0/8'),
  });
  const options = fc
    .record({
      role: fc.constantFrom('', 'role="driver"', 'role="admin"'),
      sessions: fc.constantFrom('', 'sessions="pair"', 'sessions="ops,pair"'),
      expiry: fc.constantFrom('', 'expiry-time="20291231Z"', 'expiry-time="20300105Z"'),
      from: fc.constantFrom('', 'from="192.0.2.0/24"', 'FROM="10.*"'),
    })
    .map((parts) => Object.values(parts).filter(Boolean).join(','));
  const own = (name: string) =>
    fc
      .tuple(options, fc.constantFrom(name, `${name}-2`))
      .map(([text, key]) => sampleLine(name, text, key));
  const other = fc.oneof(
    fc.string({ unit: 'grapheme' }).map((text) => `# ${text.replaceAll(/[\r\n]/g, '')}`),
    fc.constantFrom('', 'nonsense', '\t', '-----BEGIN OPENSSH PRIVATE KEY-----'),
    own('carol'),
  );
  const fileLines = fc.array(fc.oneof(own('alice'), own('bob'), other), { maxLength: 12 });
  const others = (text: string, name: string) =>
    (text.match(/[^\n]*\n/g) ?? []).filter((line) => !line.endsWith(` ${name}\n`));

  test.prop([fileLines, change])(
    'of a grant gives the role, keeps every line of others, and twice is once',
    (texts, asked) => {
      const full = { isForced: true, ...asked, keys: [sampleKey(asked.engineer)] };
      const text = lines(...texts);
      const edit = applyGrant(parse(text), full, NOW);
      expect(others(textOf(edit), asked.engineer)).toEqual(others(text, asked.engineer));
      const mine = edit.file.grants.filter(({ engineer }) => engineer === asked.engineer);
      const name = asked.session ?? undefined;
      for (const { role, sessions, expiresAt } of mine) {
        if (name === undefined || sessions.toString() === name) {
          expect(role).toBe(asked.role);
          expect(expiresAt ?? Infinity).toBeGreaterThan(NOW);
        }
      }
      expect(applyGrant(edit.file, full, NOW).deltas).toEqual([]);
    },
  );

  test.prop([fileLines, change])(
    'for one session changes what is decided about that session only',
    (texts, asked) => {
      fc.pre(asked.session !== null);
      const full = { isForced: true, ...asked, keys: [] };
      const file = parse(lines(sampleLine(asked.engineer), ...texts));
      const edit = applyGrant(file, full, NOW);
      for (const key of [asked.engineer, `${asked.engineer}-2`, 'carol']) {
        const query = { keyBlob: sampleKey(key).blob, address: '10.0.0.1', now: NOW };
        for (const name of ALL) {
          const before = decide(file.grants, { ...query, session: name });
          const after = decide(edit.file.grants, { ...query, session: name });
          if (name !== asked.session || key === 'carol') expect(after).toEqual(before);
          else if (after.outcome === 'allowed') expect(after.role).toBe(asked.role);
        }
      }
    },
  );

  test.prop([fileLines, session])(
    'of a revocation leaves nothing of it, and every line of others',
    (texts, revoked) => {
      const text = lines(sampleLine('alice'), ...texts);
      const change = { engineer: ALICE, session: revoked, allSessions: ALL, isForced: true };
      const edit = applyRevoke(parse(text), change, NOW);
      expect(others(textOf(edit), 'alice')).toEqual(others(text, 'alice'));
      for (const { engineer, sessions } of edit.file.grants) {
        if (engineer !== 'alice') continue;
        expect(revoked).not.toBeNull();
        expect(sessions).not.toBe('all');
        expect(sessions).not.toContain(revoked);
      }
    },
  );
});
