/**
 * Runs the tests with each tmux that TRIAD_TEST_TMUX names, a list of paths with `:` between them, and prints one row
 * for each: `TRIAD_TEST_TMUX=/opt/tmux-3.6/bin/tmux:/usr/bin/tmux node scripts/tmux-versions.mjs [VITEST ARGUMENT...]`.
 */
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { countTests } from './test-counts.mjs';

const root = resolve(import.meta.dirname, '..');
const binaries = (process.env['TRIAD_TEST_TMUX'] ?? '')
  .split(delimiter)
  .filter((path) => path !== '');
const COLUMNS = [12, 8, 8, 8, 8];

if (binaries.length === 0) {
  process.stderr.write('tmux-versions: error: TRIAD_TEST_TMUX names no tmux\n');
  process.stderr.write('tmux-versions: hint: TRIAD_TEST_TMUX=/path/to/tmux:/path/to/another\n');
  process.exitCode = 64;
} else {
  printRow(['tmux', 'passed', 'failed', 'skipped', 'minutes', 'program']);
  for (const binary of binaries) if (!(await passes(binary))) process.exitCode = 1;
}

/** @param {string} binary */
async function passes(binary) {
  const version = versionOf(binary);
  if (version === undefined) {
    printRow(['none', '-', '-', '-', '-', binary]);
    return false;
  }
  const folder = mkdtempSync(join(tmpdir(), 'triad-versions-'));
  const report = join(folder, 'report.json');
  const startedAt = Date.now();
  await runTests({ TRIAD_TMUX: binary, TRIAD_TEST_REPORT: report });
  const minutes = ((Date.now() - startedAt) / 60_000).toFixed(1);
  const { passed, failed, skipped, failures } = countTests(report);
  rmSync(folder, { recursive: true, force: true });
  printRow([version, `${passed}`, `${failed}`, `${skipped}`, minutes, binary]);
  for (const failure of failures) process.stdout.write(`  failed: ${failure.replace(root, '.')}\n`);
  return failed === 0 && passed > 0;
}

/** The version that a tmux tells; nothing where it cannot be run. @param {string} binary */
function versionOf(binary) {
  try {
    return execFileSync(binary, ['-V'], { encoding: 'utf8', stdio: 'pipe' })
      .trim()
      .replace(/^tmux /, '');
  } catch {
    return undefined;
  }
}

/** What the runner prints goes to stderr, so that the table stays whole. @param {Record<string, string>} env */
function runTests(env) {
  const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs');
  const child = spawn(process.execPath, [vitest, 'run', ...process.argv.slice(2)], {
    cwd: root,
    env: { ...process.env, ...env },
    stdio: ['ignore', process.stderr, 'inherit'],
  });
  return new Promise((done) => {
    child.once('error', done);
    child.once('close', done);
  });
}

/** @param {readonly string[]} cells the last one is as long as it is */
function printRow(cells) {
  const padded = cells.map((cell, at) => cell.padEnd(COLUMNS[at] ?? 0));
  process.stdout.write(`${padded.join(' ').trimEnd()}\n`);
}
