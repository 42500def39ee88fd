import type { Algorithms } from 'ssh2';

/**
 * What the gateway offers. OpenSSH, PuTTY and dropbear each find theirs in it; everything else that
 * ssh2 knows is older, slower to compute or unauthenticated, and compression before authentication
 * lets a client inflate memory. Host key algorithms follow from the host keys (host-keys.ts).
 */
export const ALGORITHMS: Algorithms = {
  // ssh2 discards a client's guessed first packet even where the guess is right. dropbear guesses the
  // other name; with this one first in our list it knows that it guessed wrong (RFC 4253 §7.1).
  kex: ['curve25519-sha256@libssh.org', 'curve25519-sha256'],
  cipher: ['aes256-gcm@openssh.com', 'aes128-gcm@openssh.com', 'chacha20-poly1305@openssh.com'],
  hmac: ['hmac-sha2-256-etm@openssh.com', 'hmac-sha2-512-etm@openssh.com'],
  compress: ['none'],
};
