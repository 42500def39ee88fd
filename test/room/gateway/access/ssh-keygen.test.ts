import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { optionsLength } from '../../../../src/gateway/access/key-option.js';
import { fingerprintOf } from '../../../../src/gateway/access/public-key.js';
import { parsePublicKeyFile } from '../../../../src/gateway/access/public-key-file.js';
import { type KeyKind, makeKeyPair } from '../../../helpers/ssh-keys.js';
import { sampleLine } from '../../../unit/gateway/access/sample-keys.js';

const run = promisify(execFile);

describe('keys made by ssh-keygen', () => {
  let directory: string;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'triad-keys-'));
  });

  afterAll(async () => {
    await rm(directory, { recursive: true });
  });

  /** What `ssh-keygen -lf` says of a file: the second word of each line, and the comment. */
  async function listed(text: string): Promise<{ fingerprint: string; comment: string }[]> {
    const path = join(directory, 'listed');
    await writeFile(path, text);
    const { stdout } = await run('ssh-keygen', ['-lf', path]);
    return stdout
      .trimEnd()
      .split('\n')
      .map((line) => {
        const [, fingerprint = '', ...rest] = line.split(' ');
        return { fingerprint, comment: rest.slice(0, -1).join(' ') };
      });
  }

  it.each<KeyKind>([
    { type: 'ed25519' },
    { type: 'ecdsa', bits: 256 },
    { type: 'ecdsa', bits: 384 },
    { type: 'ecdsa', bits: 521 },
    { type: 'rsa', bits: 2048 },
  ])('of the kind $type $bits are taken, with the fingerprint it shows', async (kind) => {
    const name = `${kind.type}-${kind.bits ?? ''}`;
    const { publicLine } = await makeKeyPair(directory, name, kind);
    const keys = parsePublicKeyFile(publicLine);
    expect(keys).toMatchObject({
      keys: [{ fingerprint: (await listed(publicLine))[0]?.fingerprint }],
    });
  });

  it('of too few bits are refused', async () => {
    const { publicLine } = await makeKeyPair(directory, 'short', { type: 'rsa', bits: 1024 });
    expect(parsePublicKeyFile(publicLine)).toEqual({
      problem: 'line 1: an RSA key must have 2048 to 16384 bits, this one has 1024',
    });
  });

  it('are refused when it is the private half or another form that is given', async () => {
    const { path } = await makeKeyPair(directory, 'halves', { type: 'ecdsa' });
    expect(parsePublicKeyFile(await readFile(path, 'utf8'))).toEqual({
      problem: 'this is a private key: keep it secret, and give the .pub file beside it',
    });
    for (const form of ['RFC4716', 'PKCS8']) {
      const { stdout } = await run('ssh-keygen', ['-e', '-m', form, '-f', `${path}.pub`]);
      expect(parsePublicKeyFile(stdout)).toEqual({
        problem: "the key is not in OpenSSH's form: convert it with ssh-keygen -i -f FILE",
      });
    }
  });

  it('are refused when they are certificates', async () => {
    const ca = await makeKeyPair(directory, 'ca');
    const user = await makeKeyPair(directory, 'user');
    await run('ssh-keygen', ['-q', '-s', ca.path, '-I', 'id', '-n', 'pair', `${user.path}.pub`]);
    const certificate = await readFile(`${user.path}-cert.pub`, 'utf8');
    expect(parsePublicKeyFile(certificate)).toEqual({
      problem: expect.stringMatching(/certificates are not supported/) as unknown,
    });
  });

  it('stand behind quoted options where OpenSSH finds them', async () => {
    const pieces = fc.array(fc.constantFrom('"', '\\', ' ', '\t', ',', '=', 'a', '\\"'), {
      maxLength: 9,
    });
    const fields = fc
      .sample(pieces, 400)
      .map((parts, index) => ({ line: sampleLine(`n${index}`, `x${parts.join('')}`), index }));
    const found = await listed(fields.map(({ line }) => line).join('\n'));
    // Unlike sshd, ssh-keygen takes only one space or tab between options and key.
    const expected = fields.filter(({ line }) =>
      line.slice(optionsLength(line) + 1).startsWith('ssh-ed25519 '),
    );
    expect(found.map(({ comment }) => comment)).toEqual(expected.map(({ index }) => `n${index}`));
    expect(expected.length).toBeGreaterThan(50);
    expect(expected.length).toBeLessThan(fields.length);
  });

  it('have a fingerprint without a key being parsed, for what is refused', async () => {
    const { publicLine, blob } = await makeKeyPair(directory, 'refused');
    expect(fingerprintOf(blob)).toBe((await listed(publicLine))[0]?.fingerprint);
  });
});
