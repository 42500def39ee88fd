import { generateKeyPairSync } from 'node:crypto';
import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { parsePublicKey } from '../../../../src/gateway/access/public-key.js';
import { parsePublicKeyFile } from '../../../../src/gateway/access/public-key-file.js';
import { blobOf, sampleBase64, sampleKey } from './sample-keys.js';

const ED25519 = 'ssh-ed25519';
const RSA = 'ssh-rsa';
const P256 = 'ecdsa-sha2-nistp256';

function problemOf(type: string, blob: Uint8Array): string | undefined {
  const key = parsePublicKey(type, Buffer.from(blob).toString('base64'));
  return 'problem' in key ? key.problem : undefined;
}

/** An RSA key of exactly `bits` bits; nobody has to know its factors. */
function rsaBlob(bits: number, exponent: Uint8Array = Uint8Array.of(1, 0, 1)): Buffer {
  const modulus = Buffer.alloc(Math.ceil(bits / 8), 0x55);
  modulus[0] = 1 << ((bits - 1) % 8);
  const isSignBitSet = (modulus[0] & 0x80) !== 0;
  return blobOf(RSA, exponent, isSignBitSet ? Buffer.concat([Buffer.of(0), modulus]) : modulus);
}

function p256Point(): Buffer {
  const { x = '', y = '' } = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({
    format: 'jwk',
  });
  return Buffer.concat([Buffer.of(4), Buffer.from(x, 'base64url'), Buffer.from(y, 'base64url')]);
}

describe('parsePublicKey', () => {
  it('takes a key of its own type', () => {
    const blob = blobOf(ED25519, Buffer.alloc(32, 7));
    const key = parsePublicKey(ED25519, blob.toString('base64'));
    expect(key).toMatchObject({ type: ED25519, blob });
  });

  it.each([
    ['ssh-dss', /DSA keys .* too weak/],
    ['sk-ssh-ed25519@openssh.com', /security keys/],
    ['sk-ecdsa-sha2-nistp256@openssh.com', /security keys/],
    ['ssh-ed25519-cert-v01@openssh.com', /certificates are not supported/],
    ['sk-ssh-ed25519-cert-v01@openssh.com', /certificates are not supported/],
    ['rsa-sha2-256', /must be one of ssh-ed25519/],
    ['ssh-\u001b[2J', /got "ssh-\\x1b\[2J"/],
    ['', /must be one of/],
  ])('refuses the type %s and says why', (type, message) => {
    expect(problemOf(type, sampleKey('alice').blob)).toMatch(message);
  });

  it.each([
    ['with a space', (text: string) => `${text.slice(0, 9)} ${text.slice(9)}`],
    ['cut short', (text: string) => text.slice(0, -1)],
    ['without padding', (text: string) => text.replace(/=+$/, '')],
    ['in the URL alphabet', (text: string) => text.replaceAll('+', '-').replaceAll('/', '_')],
    ['with bits that no byte holds', (text: string) => text.replace(/A==$/, 'B==')],
    ['empty', () => ''],
  ])('refuses base64 %s', (_how, change) => {
    const text = blobOf(P256, Buffer.from('/+/+/+', 'base64'), Buffer.alloc(32)).toString('base64');
    expect(change(text)).not.toBe(text);
    expect(parsePublicKey(P256, change(text))).toEqual({
      problem: 'the key is not complete base64: copy it in one piece',
    });
  });

  it('refuses a key that is not of the type it stands under', () => {
    expect(problemOf(RSA, sampleKey('alice').blob)).toMatch(/not of the type .* ssh-rsa/);
  });

  it.each([
    ['ed25519, 31 bytes', ED25519, blobOf(ED25519, Buffer.alloc(31))],
    ['ed25519, 33 bytes', ED25519, blobOf(ED25519, Buffer.alloc(33))],
    ['ed25519 with a field more', ED25519, blobOf(ED25519, Buffer.alloc(32), '')],
    ['ed25519 with a byte more', ED25519, Buffer.concat([sampleKey('a').blob, Buffer.of(0)])],
    ['ed25519 cut in a length', ED25519, sampleKey('a').blob.subarray(0, 17)],
    ['a length beyond the end', ED25519, Buffer.from('ffffffff', 'hex')],
    ['ECDSA of another curve', P256, blobOf(P256, 'nistp384', p256Point())],
    ['ECDSA, compressed', P256, blobOf(P256, 'nistp256', Buffer.alloc(33, 2))],
    ['ECDSA, a form byte of its own', P256, blobOf(P256, 'nistp256', Buffer.alloc(65, 6))],
    ['ECDSA, off the curve', P256, blobOf(P256, 'nistp256', Buffer.alloc(65, 4))],
    ['ECDSA with a field more', P256, blobOf(P256, 'nistp256', p256Point(), '')],
    ['RSA without modulus', RSA, blobOf(RSA, Uint8Array.of(3))],
    ['RSA with an even exponent', RSA, rsaBlob(2048, Uint8Array.of(4))],
    ['RSA with a negative exponent', RSA, rsaBlob(2048, Uint8Array.of(0x81))],
    ['RSA with a padded exponent', RSA, rsaBlob(2048, Uint8Array.of(0, 3))],
    ['RSA with no exponent', RSA, rsaBlob(2048, Uint8Array.of())],
  ])('refuses %s', (_what, type, blob) => {
    expect(problemOf(type, blob)).toMatch(/damaged/);
  });

  it('takes a point on the curve', () => {
    expect(problemOf(P256, blobOf(P256, 'nistp256', p256Point()))).toBeUndefined();
  });

  it('takes RSA keys from 2048 to 16384 bits', () => {
    expect(problemOf(RSA, rsaBlob(2047))).toMatch(/2048 to 16384 bits, this one has 2047/);
    expect(problemOf(RSA, rsaBlob(2048))).toBeUndefined();
    expect(problemOf(RSA, rsaBlob(16_384))).toBeUndefined();
    expect(problemOf(RSA, rsaBlob(16_385))).toMatch(/this one has 16385/);
  });

  it('refuses RSA with the exponent 1', () => {
    expect(problemOf(RSA, rsaBlob(2048, Uint8Array.of(1)))).toMatch(/must be 3 or more/);
    expect(problemOf(RSA, rsaBlob(2048, Uint8Array.of(3)))).toBeUndefined();
  });

  const someType = fc.constantFrom(ED25519, RSA, P256);

  test.prop([someType, fc.array(fc.uint8Array({ maxLength: 80 }), { maxLength: 4 })])(
    'never throws, whatever the fields are',
    (type, fields) => {
      problemOf(type, blobOf(type, ...fields));
    },
  );

  test.prop([someType, fc.string({ unit: 'binary' })])('never throws on any text', (type, text) => {
    expect(parsePublicKey(type, text)).toHaveProperty('problem');
  });

  test.prop([fc.nat(50), fc.integer({ min: 1, max: 255 })])(
    'no other blob passes for the same key',
    (at, difference) => {
      const { blob, fingerprint } = sampleKey('alice');
      const changed = Buffer.from(blob);
      changed[at] = (changed[at] ?? 0) ^ difference;
      const key = parsePublicKey(ED25519, changed.toString('base64'));
      if (!('problem' in key)) expect(key.fingerprint).not.toBe(fingerprint);
    },
  );
});

describe('parsePublicKeyFile', () => {
  const line = (name: string) => `ssh-ed25519 ${sampleBase64(name)}`;

  it('takes several keys, each once, and ignores comments', () => {
    const text = `# mine\n\n${line('a')} Alice's laptop\r\n  ${line('b')}\n${line('a')}\n`;
    expect(parsePublicKeyFile(text)).toEqual({
      keys: [sampleKey('a'), sampleKey('b')],
      badLines: [],
    });
  });

  it.each([
    ['-----BEGIN OPENSSH PRIVATE KEY-----\nb3Blb', /private key: keep it secret/],
    ['-----BEGIN RSA PRIVATE KEY-----\nMIIE', /private key/],
    ['PuTTY-User-Key-File-3: ssh-ed25519', /private key/],
    ['---- BEGIN SSH2 PUBLIC KEY ----\nAAAA', /ssh-keygen -i/],
    ['-----BEGIN PUBLIC KEY-----\nMIIB', /ssh-keygen -i/],
    ['-----BEGIN RSA PUBLIC KEY-----\nMIIB', /ssh-keygen -i/],
    ['', /there is no public key/],
    ['# nothing\n', /there is no public key/],
    [`\nrestrict ${line('b')}\n!`, /line 2: .* must begin with its type, got "restrict"/],
    ['ssh-ed25519', /line 1: the key is not complete base64/],
    ['ssh-dss AAAA', /line 1: DSA/],
  ])('refuses %j', (text, message) => {
    expect(parsePublicKeyFile(text)).toEqual({
      problem: expect.stringMatching(message) as unknown,
    });
  });

  it('never shows what it was given of a private key', () => {
    const text = '-----BEGIN OPENSSH PRIVATE KEY-----\nplanted-secret\n';
    expect(JSON.stringify(parsePublicKeyFile(text))).not.toContain('planted-secret');
  });

  it('takes 100 keys and not one more', () => {
    const lines = Array.from({ length: 101 }, (_none, index) => line(`key ${index}`));
    const parsed = parsePublicKeyFile(lines.slice(1).join('\n'));
    expect('keys' in parsed && parsed.keys.length).toBe(100);
    expect(parsePublicKeyFile(lines.join('\n'))).toHaveProperty('problem');
  });

  it('takes the others where a line cannot be used, and says which', () => {
    expect(parsePublicKeyFile(`${line('a')}\nssh-dss AAAA\n${line('b')}\n`)).toEqual({
      keys: [sampleKey('a'), sampleKey('b')],
      badLines: [expect.stringMatching(/^line 2: DSA/) as unknown],
    });
  });

  it('refuses a text that is too long to be keys', () => {
    expect(parsePublicKeyFile(`#${' '.repeat(256 * 1024)}`)).toEqual({
      problem: expect.stringMatching(/at most 262144 characters/) as unknown,
    });
  });

  test.prop([fc.string({ unit: 'binary' })])('never throws', (text) => {
    parsePublicKeyFile(text);
  });
});
