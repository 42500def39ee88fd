import { readFileSync } from 'node:fs';

/** @typedef {{ passed: number, failed: number, skipped: number, failures: string[] }} TestCounts */

/**
 * Counts from a vitest JSON report. Without one that can be read nothing passed.
 *
 * @param {string} path
 * @returns {TestCounts}
 */
export function countTests(path) {
  /** @type {TestCounts} */
  const counts = { passed: 0, failed: 0, skipped: 0, failures: [] };
  for (const file of readReport(path).testResults) {
    const tests = file.assertionResults.map(({ status, fullName = '' }) => ({ status, fullName }));
    // A file that could not be loaded, or whose hooks failed, has no failed test of its own.
    if (file.status === 'failed' && !tests.some(({ status }) => status === 'failed')) {
      tests.push({ status: 'failed', fullName: '(the file itself)' });
    }
    for (const { status, fullName } of tests) {
      counts[kindOf(status)] += 1;
      if (status === 'failed') counts.failures.push(`${file.name ?? ''}: ${fullName}`);
    }
  }
  return counts;
}

/**
 * @param {string} path
 * @returns {{ testResults: { status: string, name?: string, assertionResults: { status: string, fullName?: string }[] }[] }}
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
