/**
 * Counts from a vitest JSON report: `node scripts/summary.mjs REPORT` prints the skipped tests and
 * one last line, and fails when a test failed or none ran.
 */
import { countTests } from './test-counts.mjs';

const { passed, failed, skipped } = countTests(process.argv[2] ?? '');
process.exitCode = failed > 0 || passed === 0 ? 1 : 0;
process.stdout.write(`${passed} passed, ${failed} failed, ${skipped} skipped\n`);
