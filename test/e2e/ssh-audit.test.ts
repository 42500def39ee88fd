import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { TriadHome } from '../helpers/triad-home.js';

const FALLBACK = 'does not provide protection against post-quantum attacks';

/** What versions of ssh-audit warn of, and why it stays; docs/security.md says more. */
const EXPLAINED: ReadonlySet<string> = new Set([
  // Older than the algorithm.
  'mlkem768x25519-sha256: unknown algorithm',
  'kex-strict-s-v00@openssh.com: unknown algorithm',
  // For clients that have nothing better; each is there beside the post-quantum one.
  `curve25519-sha256: ${FALLBACK}`,
  `curve25519-sha256@libssh.org: ${FALLBACK}`,
]);

const isInstalled = spawnSync('ssh-audit', ['--help']).error === undefined;

test.skipIf(!isInstalled)('ssh-audit finds nothing that is not explained', async () => {
  await using home = await TriadHome.make();
  const { port } = await home.up();
  const audit = spawn('ssh-audit', ['-n', '-p', String(port), '127.0.0.1'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [report] = await Promise.all([text(audit.stdout), once(audit, 'close')]);
  expect(report).toContain('(kex) mlkem768x25519-sha256');
  expect(report).toContain('(key) ssh-ed25519');
  expect(report).toContain('(gen) compression: disabled');
  expect(report).not.toContain('[fail]');
  expect(findingsIn(report).filter((finding) => !EXPLAINED.has(finding))).toEqual([]);
});

/** `NAME: WARNING` of each warning; those after the first of a name stand on lines of their own. */
function findingsIn(report: string): string[] {
  let name = '';
  return report.split('\n').flatMap((line) => {
    name = /^\(\w+\) (\S+)/.exec(line)?.[1] ?? name;
    const warning = /\[warn\] (.*)$/.exec(line)?.[1];
    return warning === undefined ? [] : [`${name}: ${warning}`];
  });
}
