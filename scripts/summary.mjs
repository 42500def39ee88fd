/**
 * Counts from a vitest JSON report: `node scripts/summary.mjs REPORT` prints the skipped tests and
 * one last line, and fails when a test failed or none ran.
 */
import { readFileSync } from 'node:fs';

const { testResults } = readReport(process.argv[2] ?? '');
const counts = { passed: 0, failed: 0, skipped: 0 };

for (const file of testResults) {
  const outcomes = file.assertionResults.map((test) => test.status);
  // A file that could not be loaded, or whose hooks failed, has no failed test of its own.
  if (file.status === 'failed' && !outcomes.includes('failed')) outcomes.push('failed');
  for (const outcome of outcomes) counts[kindOf(outcome)] += 1;
}

process.exitCode = counts.failed > 0 || counts.passed === 0 ? 1 : 0;
const { passed, failed, skipped } = counts;
process.stdout.write(`${passed} passed, ${failed} failed, ${skipped} skipped\n`);

/**
 * @param {string} path
 * @returns {{ testResults: { status: string, assertionResults: { status: string }[] }[] }}
 */
function readReport(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    process.stderr.write('summary: error: the test runner left no report\n');
    return { testResults: [] };
  }
}

/** @param {string} status @returns {'passed' | 'failed' | 'skipped'} */
function kindOf(status) {
  if (status === 'passed' || status === 'failed') return status;
  return 'skipped';
}
