import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A folder of the run's own, with a key for each part that people play. */
export class Scratch {
  root = mkdtempSync(join(tmpdir(), 'triad-bench-'));

  /** @param {import('./cleanup.mjs').Cleanup} cleanup removes it */
  constructor(cleanup) {
    cleanup.defer(() => rmSync(this.root, { recursive: true, force: true }));
    for (const name of ['driver', 'observer', 'sshd']) {
      const args = ['-q', '-t', 'ed25519', '-N', '', '-C', name, '-f', this.path(name)];
      execFileSync('ssh-keygen', args, { stdio: 'ignore' });
    }
  }

  /** @param {string} name */
  path(name) {
    return join(this.root, name);
  }
}
