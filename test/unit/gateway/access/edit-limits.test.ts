import { describe, expect, it, test } from 'vitest';
import { NotPermittedError, RefusedError } from '../../../../src/base/errors.js';
import { engineerName, sessionName } from '../../../../src/base/ids.js';
import {
  type AdminScope,
  findAdminScope,
  hasGlobalAdmin,
} from '../../../../src/gateway/access/admin-scope.js';
import {
  type AuthorizedKeys,
  formatAuthorizedKeys,
  parseAuthorizedKeys,
} from '../../../../src/gateway/access/authorized-keys.js';
import {
  applyGrant,
  applyRevoke,
  type GrantChange,
  type RevokeChange,
} from '../../../../src/gateway/access/grant-edit.js';
import { sampleKey, sampleLine } from './sample-keys.js';

const NOW = Date.UTC(2030, 0, 1);
const ALICE = engineerName('alice');
const PAIR = sessionName('pair');
const OPS = sessionName('ops');

const lines = (...all: string[]) => all.map((line) => `${line}\n`).join('');

function parse(text: string): AuthorizedKeys {
  const file = parseAuthorizedKeys(Buffer.from(text));
  if ('problem' in file) throw new Error(file.problem);
  return file;
}

/** As the admin of `pair` alone, unless told otherwise. */
function grant(text: string, change: Partial<GrantChange> = {}): string {
  const base = {
    engineer: ALICE,
    role: 'driver',
    keys: [],
    session: PAIR,
    within: [PAIR],
  } as const;
  return textOf(applyGrant(parse(text), { ...base, ...change }, NOW).file);
}

function revoke(text: string, change: Partial<RevokeChange> = {}): string {
  const base = { engineer: ALICE, session: PAIR, allSessions: [PAIR, OPS], within: [PAIR] };
  return textOf(applyRevoke(parse(text), { ...base, ...change }, NOW).file);
}

function textOf(file: AuthorizedKeys): string {
  return formatAuthorizedKeys(file.lines).toString();
}

const global = sampleLine('alice', 'role="admin"');
const own = sampleLine('alice', 'role="observer",sessions="pair"');
const elsewhere = sampleLine('alice', 'role="driver",sessions="ops",from="10.0.0.0/8"');
const both = sampleLine('alice', 'role="observer",sessions="pair,ops"');

describe('the admin of one session', () => {
  it('changes and takes away what is about that session alone', () => {
    expect(grant(lines(own))).toBe(lines(sampleLine('alice', 'role="driver",sessions="pair"')));
    expect(revoke(lines(own))).toBe('');
  });

  it('adds somebody new to it', () => {
    const added = lines(sampleLine('alice', 'role="driver",sessions="pair"'));
    expect(grant('', { keys: [sampleKey('alice')] })).toBe(added);
  });

  it.each([
    ['of all sessions', global],
    ['of this session and another', both],
  ])('neither changes nor shadows nor narrows a line %s', (_name, line) => {
    for (const text of [lines(line), lines(own, line), lines(line, own)]) {
      expect(() => grant(text)).toThrow(NotPermittedError);
      expect(() => grant(text, { role: 'admin' })).toThrow(NotPermittedError);
      expect(() => revoke(text)).toThrow(NotPermittedError);
    }
  });

  it('does not reach such a line through another key of the same engineer', () => {
    const text = lines(own, sampleLine('alice', 'role="admin"', 'alice-laptop'));
    expect(() => revoke(text)).toThrow(NotPermittedError);
    expect(() => grant(text)).toThrow(NotPermittedError);
  });

  it('gives nothing in other sessions, and not in all of them', () => {
    for (const session of [null, OPS]) {
      expect(() => grant(lines(own), { session })).toThrow(NotPermittedError);
      expect(() => revoke(lines(own), { session })).toThrow(NotPermittedError);
    }
  });

  it('learns nothing of who has access elsewhere only: as of somebody unknown', () => {
    for (const text of [lines(elsewhere), '']) {
      expect(() => revoke(text)).toThrow('there is no grant for alice');
      expect(() => grant(text)).toThrow('there is no key of alice yet');
    }
  });

  it('puts no key of its own under the name of somebody who has access elsewhere', () => {
    const keys = [sampleKey('mallory')];
    expect(() => grant(lines(elsewhere), { keys })).toThrow(NotPermittedError);
    expect(() => grant(lines(own, elsewhere), { keys })).toThrow(NotPermittedError);
  });

  it('is not told whose key it is that somebody has elsewhere', () => {
    const text = lines(sampleLine('bob', 'sessions="ops"'));
    const keys = [sampleKey('bob')];
    expect(() => grant(text, { keys })).toThrow(/^the key \S+ is not free$/);
  });

  it('takes no keys and restrictions over from lines that it does not see', () => {
    const other = sampleLine('alice', 'role="driver",sessions="ops"', 'alice-laptop');
    const granted = lines(sampleLine('alice', 'role="driver",sessions="pair"'), other);
    expect(grant(lines(own, other))).toBe(granted);
    expect(revoke(lines(own, other))).toBe(lines(other));
  });

  it('lets no claim on a key begin to count, or go', () => {
    const claimed = sampleLine('bob', 'role="admin"', 'alice');
    expect(() => revoke(lines(own, claimed))).toThrow(NotPermittedError);
    expect(revoke(lines(own, claimed), { within: 'all' })).toBe('');
  });
});

describe('the last admin of all sessions', () => {
  const free = { within: 'all' } as const;
  const second = sampleLine('bob', 'role="admin"');
  const edits: [string, (text: string, isForced: boolean) => string][] = [
    ['removed', (text, isForced) => revoke(text, { ...free, session: null, isForced })],
    ['narrowed', (text, isForced) => revoke(text, { ...free, isForced })],
    ['demoted', (text, isForced) => grant(text, { ...free, session: null, isForced })],
    ['demoted in one session', (text, isForced) => grant(text, { ...free, isForced })],
  ];

  test.each(edits)('is not %s unless that is forced, and one of two is', (_name, edit) => {
    expect(() => edit(lines(global), false)).toThrow(RefusedError);
    expect(edit(lines(global), true)).not.toBe(lines(global));
    expect(edit(lines(global, second), false)).toContain(second);
  });

  test.each([
    ['has expired', 'role="admin",expiry-time="20200101Z"'],
    ['is admin of one session', 'role="admin",sessions="pair"'],
    ['drives', 'role="driver"'],
  ])('is not saved by one who %s', (_name, options) => {
    for (const [, edit] of edits) {
      expect(() => edit(lines(global, sampleLine('bob', options)), false)).toThrow(RefusedError);
    }
  });

  it('does not hold up changes where there is none', () => {
    expect(revoke(lines(own), { ...free, session: null })).toBe('');
  });

  it('may be limited to addresses and times to come', () => {
    const terms = { ...free, role: 'admin', session: null, from: '10.0.0.0/8' } as const;
    expect(grant(lines(global), { ...terms, expiresAt: NOW + 1000 })).toContain('from=');
  });
});

describe('where a key is admin', () => {
  const query = { keyBlob: sampleKey('alice').blob, address: '10.0.0.1', now: NOW };
  const cases: [string, string[], AdminScope][] = [
    ['nobody', [], []],
    ['a driver', [sampleLine('alice', 'role="driver"')], []],
    ['an admin of all', [global], 'all'],
    ['an admin of one', [sampleLine('alice', 'role="admin",sessions="pair"')], [PAIR]],
    [
      'an admin of each by name',
      [sampleLine('alice', 'role="admin",sessions="pair,ops"')],
      [PAIR, OPS],
    ],
    ['an admin of all but one', [own, global], [OPS]],
    ['one whose first line for all is less', [sampleLine('alice', 'role="observer"'), global], []],
    [
      'one of a session to come',
      [sampleLine('alice', 'role="admin",sessions="lab"')],
      [sessionName('lab')],
    ],
    [
      'one whose grant has expired',
      [sampleLine('alice', 'role="admin",expiry-time="20200101Z"')],
      [],
    ],
    ['one from elsewhere', [sampleLine('alice', 'role="admin",from="192.0.2.0/24"')], []],
    ['another key', [sampleLine('alice', 'role="admin"', 'alice-laptop')], []],
  ];

  test.each(cases)('%s', (_name, text, scope) => {
    const { grants } = parse(lines(...text));
    expect(findAdminScope(grants, query, [PAIR, OPS])).toEqual(scope);
  });

  it('counts an admin of all from whatever address', () => {
    expect(hasGlobalAdmin(parse(lines(global)).grants, NOW)).toBe(true);
    const far = sampleLine('alice', 'role="admin",from="192.0.2.0/24"');
    expect(hasGlobalAdmin(parse(lines(far)).grants, NOW)).toBe(true);
    expect(hasGlobalAdmin(parse(lines(own, global)).grants, NOW)).toBe(false);
  });
});
