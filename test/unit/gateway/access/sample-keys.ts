import { createHash } from 'node:crypto';
import { type PublicKey, parsePublicKey } from '../../../../src/gateway/access/public-key.js';

/** A well-formed ed25519 key, another one for each name. */
export function sampleKey(name: string): PublicKey {
  const key = parsePublicKey('ssh-ed25519', sampleBase64(name));
  if ('problem' in key) throw new Error(key.problem);
  return key;
}

export function sampleBase64(name: string): string {
  const point = createHash('sha256').update(name).digest();
  return blobOf('ssh-ed25519', point).toString('base64');
}

/** Fields as RFC 4251 §5 strings. */
export function blobOf(...fields: readonly (string | Uint8Array)[]): Buffer {
  return Buffer.concat(
    fields.map((field) => {
      const bytes = Buffer.from(field as Uint8Array);
      const length = Buffer.alloc(4);
      length.writeUInt32BE(bytes.length);
      return Buffer.concat([length, bytes]);
    }),
  );
}

/** One line of a file: options, if any, and the sample key of a name. */
export function sampleLine(engineer: string, options = '', keyName = engineer): string {
  const key = `ssh-ed25519 ${sampleBase64(keyName)} ${engineer}`;
  return options === '' ? key : `${options} ${key}`;
}
