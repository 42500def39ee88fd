import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';

/** Where `.ci/run` puts an OpenSSH that is newer than the system's. */
const NEWER_SSH = resolve(import.meta.dirname, '../../.cache/openssh/usr/bin/ssh');

/** An `ssh` that has that method of key exchange: the system's own, or the newer one beside it. */
export function findSshWith(keyExchange: string): string | undefined {
  return ['ssh', NEWER_SSH].find(
    (ssh) => (ssh === 'ssh' || existsSync(ssh)) && methodsOf(ssh).includes(keyExchange),
  );
}

function methodsOf(ssh: string): readonly string[] {
  return spawnSync(ssh, ['-Q', 'kex'], { encoding: 'utf8' }).stdout.split('\n');
}
