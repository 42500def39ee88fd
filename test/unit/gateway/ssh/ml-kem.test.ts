import { ml_kem768 as mlKem } from '@noble/post-quantum/ml-kem.js';
import { describe, expect, it } from 'vitest';
import vectors from '../../../fixtures/ml-kem/fips203.json' with { type: 'json' };

/** The known answers of FIPS 203, for the library that computes ML-KEM-768. */
describe('ML-KEM-768', () => {
  it.each(vectors.keyGen)('makes the keys of test $tcId from its seeds', ({ d, z, ek, dk }) => {
    const { publicKey, secretKey } = mlKem.keygen(bytesOf(d + z));
    expect(hexOf(publicKey)).toBe(ek);
    expect(hexOf(secretKey)).toBe(dk);
  });

  it.each(vectors.encapsulation)('encapsulates as in test $tcId', ({ ek, m, c, k }) => {
    const { cipherText, sharedSecret } = mlKem.encapsulate(bytesOf(ek), bytesOf(m));
    expect(hexOf(cipherText)).toBe(c);
    expect(hexOf(sharedSecret)).toBe(k);
  });

  // A modified ciphertext gives another secret instead of an error (§6.3, implicit rejection).
  it.each(vectors.decapsulation)('decapsulates as in test $tcId, $reason', ({ dk, c, k }) => {
    expect(hexOf(mlKem.decapsulate(bytesOf(c), bytesOf(dk)))).toBe(k);
  });

  it.each(vectors.encapsulationKeyCheck)(
    'checks the key of test $tcId, $reason, before it is used',
    ({ ek, testPassed }) => {
      const encapsulate = () => mlKem.encapsulate(bytesOf(ek));
      if (testPassed) expect(encapsulate).not.toThrow();
      else expect(encapsulate).toThrow('modulus');
    },
  );
});

function bytesOf(hex: string): Uint8Array {
  return new Uint8Array(Buffer.from(hex, 'hex'));
}

function hexOf(value: Uint8Array): string {
  return Buffer.from(value).toString('hex').toUpperCase();
}
