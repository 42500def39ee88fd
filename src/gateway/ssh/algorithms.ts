import type { Algorithms, KexAlgorithm } from 'ssh2';
import { HYBRID_KEY_EXCHANGE } from './hybrid-key-exchange.js';

/**
 * What the gateway offers. OpenSSH, PuTTY, dropbear, asyncssh and paramiko each find theirs in it; everything
 * else that ssh2 knows is older, slower to compute or unauthenticated, and compression before authentication
 * lets a client inflate memory. Host key algorithms follow from the host keys (host-keys.ts).
 */
export const ALGORITHMS: Algorithms = {
  // The typings know ssh2's own methods only.
  kex: [
    HYBRID_KEY_EXCHANGE.name as KexAlgorithm,
    'curve25519-sha256',
    'curve25519-sha256@libssh.org',
  ],
  cipher: [
    'aes256-gcm@openssh.com',
    'aes128-gcm@openssh.com',
    'chacha20-poly1305@openssh.com',
    // paramiko before 3.5 has no authenticated cipher and needs it; all MACs come after encryption.
    'aes256-ctr',
  ],
  hmac: ['hmac-sha2-256-etm@openssh.com', 'hmac-sha2-512-etm@openssh.com'],
  compress: ['none'],
};
