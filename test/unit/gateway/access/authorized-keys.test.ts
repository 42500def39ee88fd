import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import {
  type AuthorizedKeys,
  formatAuthorizedKeys,
  parseAuthorizedKeys,
} from '../../../../src/gateway/access/authorized-keys.js';
import { sampleBase64, sampleKey, sampleLine } from './sample-keys.js';

function parse(text: string | Uint8Array): AuthorizedKeys {
  const file = parseAuthorizedKeys(Buffer.from(text as Uint8Array));
  if ('problem' in file) throw new Error(file.problem);
  return file;
}

function reasonOf(line: string): string | undefined {
  return parse(line).problems[0]?.reason;
}

describe('a line of authorized_keys', () => {
  it('grants an observer every session, for ever and from anywhere, when it says no more', () => {
    expect(parse(sampleLine('alice')).grants).toEqual([
      {
        engineer: 'alice',
        role: 'observer',
        sessions: 'all',
        expiresAt: null,
        from: null,
        key: sampleKey('alice'),
        line: 1,
      },
    ]);
  });

  it('says role, sessions, end and addresses by its options', () => {
    const options =
      'role="driver",sessions="pair,ops",expiry-time="203005311800Z",from="10.0.0.0/8,!10.9.*"';
    expect(parse(sampleLine('alice', options)).grants).toMatchObject([
      {
        role: 'driver',
        sessions: ['pair', 'ops'],
        expiresAt: Date.UTC(2030, 4, 31, 18),
        from: '10.0.0.0/8,!10.9.*',
      },
    ]);
  });

  it('may write option names in any case', () => {
    expect(parse(sampleLine('alice', 'Role="admin",RESTRICT')).grants).toMatchObject([
      { role: 'admin' },
    ]);
  });

  it.each([
    'restrict',
    'no-port-forwarding',
    'no-agent-forwarding',
    'no-X11-forwarding',
    'no-user-rc',
  ])('may ask for %s, which is so anyway', (option) => {
    expect(reasonOf(sampleLine('alice', option))).toBeUndefined();
  });

  it.each([
    ['role="boss"', /^role must be observer, driver, admin, got "boss"$/],
    ['role=driver', /^the value of role must stand in double quotes$/],
    ['role="driver', /^the value of role must stand in double quotes$/],
    ['role="driver\\"', /^the value of role must stand in double quotes$/],
    ['role=""', /^option role needs a value$/],
    ['role', /^option role needs a value$/],
    ['sessions=""', /^option sessions needs a value$/],
    ['sessions="pair,"', /^session must be .* got ""$/],
    ['sessions="Pair"', /^session must be .* got "Pair"$/],
    ['from=""', /^option from needs a value$/],
    ['from="*.example.com"', /^from= takes addresses/],
    ['expiry-time="tomorrow"', /^expiry-time must be YYYYMMDD.* got "tomorrow"$/],
    ['role="driver",role="driver"', /^option role is there twice$/],
    ['restrict,Restrict', /^option restrict is there twice$/],
    ['restrict="yes"', /^option restrict takes no value$/],
    ['command="/bin/sh"', /^unknown option "command"$/],
    ['cert-authority', /^unknown option "cert-authority"$/],
    ['pty', /^unknown option "pty"$/],
    ['role="driver",', /^expected an option at ""$/],
    [',role="driver"', /^expected an option at ",role/],
    ['role="driver"sessions="pair"', /^expected a comma between options at "sessions/],
    ['\u001b[2J', /^expected an option at "\\x1b\[2J"$/],
  ])('is bad with %s, and says why', (options, reason) => {
    expect(reasonOf(sampleLine('alice', options))).toMatch(reason);
  });

  it.each([
    ['', ''],
    ['Alice', 'Alice'],
    ['alice@laptop', 'alice@laptop'],
    ['alice smith', 'alice smith'],
    ['jürgen', 'jürgen'],
    ['\u001b[2J', '\\x1b[2J'],
    ['a'.repeat(65), 'a'.repeat(64)],
  ])('is bad when %j is its name', (name, shown) => {
    expect(reasonOf(`ssh-ed25519 ${sampleBase64('a')} ${name}`)).toContain(`got "${shown}`);
  });

  it.each([
    ['ssh-ed25519', /key type, a key and a name/],
    ['restrict', /key type, a key and a name/],
    ['restrict ssh-ed25519', /key type, a key and a name/],
    ['role="driver" hello world alice', /key type must be one of .* got "hello"/],
    ['ssh-ed25519 hello alice', /not complete base64/],
    ['ssh-dss AAAA alice', /DSA/],
    ['-----BEGIN OPENSSH PRIVATE KEY-----', /private key/],
  ])('is bad as %j', (line, reason) => {
    expect(reasonOf(line)).toMatch(reason);
  });

  it('may have spaces and tabs around its parts', () => {
    const line = ` \trestrict \t ssh-ed25519\t ${sampleBase64('alice')}  alice\t `;
    expect(parse(line).grants).toMatchObject([{ engineer: 'alice' }]);
  });

  it('may be 16 KiB long and not a byte longer', () => {
    const line = sampleLine('alice');
    expect(reasonOf(line.padEnd(16 * 1024))).toBeUndefined();
    expect(reasonOf(line.padEnd(16 * 1024 + 1))).toBe('the line is longer than 16384 bytes');
  });

  it('is never quoted with its key in a reason', () => {
    const secret = sampleBase64('alice');
    for (const line of [`${secret} alice`, `x="${secret}" a b c`, `ssh-rsa ${secret} alice`]) {
      expect(reasonOf(line)).toBeDefined();
      expect(reasonOf(line)).not.toContain(secret.slice(0, 40));
    }
  });
});

describe('a file of authorized_keys', () => {
  it('counts lines from 1, comments and blank ones included', () => {
    const file = parse(`# team\n\n${sampleLine('alice')}\nnonsense\n${sampleLine('bob')}`);
    expect(file.grants.map(({ line }) => line)).toEqual([3, 5]);
    expect(file.problems.map(({ line }) => line)).toEqual([4]);
  });

  it('may end its lines as Windows does', () => {
    const file = parse(`# team\r\n\r\n${sampleLine('alice')}\r\n`);
    expect(file.grants).toHaveLength(1);
    expect(file.problems).toEqual([]);
  });

  it('may give one key several lines, but only one engineer', () => {
    const file = parse(
      [
        sampleLine('alice', 'role="admin",sessions="ops"'),
        sampleLine('alice'),
        sampleLine('bob', 'role="admin"', 'alice'),
      ].join('\n'),
    );
    expect(file.grants.map(({ engineer }) => engineer)).toEqual(['alice', 'alice']);
    expect(file.problems).toEqual([{ line: 3, reason: "the key is alice's already, in line 1" }]);
  });

  it('may have 1 MiB and 10,000 lines, and not more', () => {
    const line = `${sampleLine('alice')}\n`;
    const comment = `#${'x'.repeat(1024 * 1024 - line.length - 1)}`;
    expect(parse(line + comment).grants).toHaveLength(1);
    expect(parseAuthorizedKeys(Buffer.from(`${line}${comment}x`))).toEqual({
      problem: 'it has more than 1048576 bytes',
    });
    expect(parse('#\n'.repeat(10_000)).lines).toHaveLength(10_000);
    expect(parseAuthorizedKeys(Buffer.from(`${'#\n'.repeat(10_000)}#`))).toEqual({
      problem: 'it has more than 10000 lines',
    });
  });

  const anyLine = fc.oneof(
    fc.string({ unit: 'binary' }).map((text) => text.replaceAll('\n', ' ')),
    fc.constantFrom(
      '',
      '# note',
      '\u0000',
      sampleLine('alice', 'role="driver"'),
      sampleLine('bob', 'restrict'),
    ),
  );

  test.prop([fc.uint8Array({ maxLength: 400 })])(
    'is kept byte for byte, whatever it is',
    (bytes) => {
      expect(formatAuthorizedKeys(parse(bytes).lines)).toEqual(Buffer.from(bytes));
    },
  );

  test.prop([fc.array(anyLine), fc.array(anyLine), anyLine])(
    'a bad line costs only itself',
    (before, after, line) => {
      fc.pre(reasonOf(line) !== undefined);
      const grantsOf = (lines: string[]) =>
        parse(lines.join('\n')).grants.map(({ engineer, role, key }) => [engineer, role, key]);
      expect(grantsOf([...before, line, ...after])).toEqual(grantsOf([...before, ...after]));
    },
  );
});
