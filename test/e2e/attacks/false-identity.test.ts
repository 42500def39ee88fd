/**
 * Public keys are public: whoever reads them on a code host tries to be their owner. The SSH library
 * leaves the check of the signature to its user, takes the names of algorithms from the client, and
 * answers each request by itself, so that a careless server lets in whoever sends 64 bytes of garbage,
 * signs with a key other than the one it asked about, or changes the login after it was accepted.
 */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { AttackedTriad } from '../../helpers/attacked-triad.js';
import { MESSAGE, type RawSshClient, signer, sshString } from '../../helpers/raw-ssh-client.js';

const algorithm = 'ssh-ed25519';
const ANSWERS = [MESSAGE.userauthFailure, MESSAGE.userauthSuccess, MESSAGE.userauthPkOk];

let triad: AttackedTriad;
let victim: Buffer;

beforeAll(async () => {
  triad = await AttackedTriad.start();
  victim = triad.blobOf('dora');
});

afterAll(async () => {
  await triad[Symbol.asyncDispose]();
});

/** The reasons of all refusals that the log tells. */
function refusals(): unknown[] {
  return triad.home
    .lines('state/triad.log')
    .filter(({ msg, outcome }) => msg === 'authentication decided' && outcome === 'refused')
    .map(({ reason }) => reason);
}

async function isRefused(raw: RawSshClient): Promise<void> {
  expect((await raw.next(ANSWERS))[0]).toBe(MESSAGE.userauthFailure);
}

test("a victim's key with a signature of garbage opens nothing, however often", async () => {
  const attack = async (): Promise<void> => {
    await using raw = await triad.connect();
    const garbage = (): Buffer =>
      Buffer.concat([sshString(algorithm), sshString(Buffer.alloc(64, 0x42))]);
    for (let tried = 0; tried < 6; tried += 1) {
      raw.requestPublicKey({ algorithm, blob: victim, sign: garbage });
    }
    await raw.closedByServer();
  };
  await triad.withstands(attack, { reason: /^too many authentication failures$/ });
  expect(refusals()).toContain('bad-signature');
});

test.each(['rsa-sha2-512', 'ssh-rsa', 'ecdsa-sha2-nistp256'])(
  "a victim's ed25519 key under the name of %s opens nothing",
  async (label) => {
    const attack = async (): Promise<void> => {
      await using raw = await triad.connect();
      const value = label.startsWith('ecdsa')
        ? Buffer.concat([sshString('\u0001'), sshString('\u0001')])
        : Buffer.alloc(64, 0x42);
      const sign = (): Buffer => Buffer.concat([sshString(label), sshString(value)]);
      raw.requestPublicKey({ algorithm: label, blob: victim, sign });
      await isRefused(raw);
    };
    await triad.withstands(attack, { reason: /^client left$/ });
    expect(refusals()).toContain('key-mismatch');
  },
);

test("asking about a victim's key and signing with an own one opens nothing", async () => {
  const attack = async (): Promise<void> => {
    await using raw = await triad.connect();
    raw.requestPublicKey({ algorithm, blob: victim });
    await raw.next([MESSAGE.userauthPkOk]);
    const sign = signer(triad.home.keyOf('dirk'), algorithm);
    raw.requestPublicKey({ algorithm, blob: victim, sign });
    await isRefused(raw);
    raw.requestPublicKey({ algorithm, blob: triad.blobOf('dirk'), sign });
    await isRefused(raw);
  };
  await triad.withstands(attack, { reason: /^client left$/ });
  expect(refusals().slice(-2)).toEqual(['bad-signature', 'unknown-key']);
});

test('a login that changes between two requests ends the connection', async () => {
  const attack = async (): Promise<void> => {
    await using raw = await triad.connect();
    raw.requestPublicKey({ algorithm, blob: victim, login: 'pair' });
    await raw.next([MESSAGE.userauthPkOk]);
    const sign = signer(triad.home.keyOf('dora'), algorithm);
    raw.requestPublicKey({ algorithm, blob: victim, login: '\u001b[2Jroot', sign });
    await raw.closedByServer();
  };
  await triad.withstands(attack, { reason: /^client broke the protocol with message 50$/ });
});
