import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

/** Where the runner leaves its own report, from which `.ci/run` counts. */
const report = process.env['TRIAD_TEST_REPORT'];
const WORKERS_PER_CORE = 1.5;
const isLong = process.env['TRIAD_TEST_LONG'] === '1';
/** Loading the same modules for each file anew would cost a fifth of all, and nothing is a singleton. */
const SHARED = { isolate: false, testTimeout: isLong ? 1_800_000 : 60_000, hookTimeout: 60_000 };
const reporters = ['default', './scripts/skipped-reporter.mjs'];

export default defineConfig({
  test: {
    // Tests wait much, for limits to pass and for programs to start: others use the cores meanwhile.
    maxWorkers: Math.ceil(availableParallelism() * WORKERS_PER_CORE),
    reporters: report === undefined ? reporters : [...reporters, ['json', { outputFile: report }]],
    projects: [
      { test: { ...SHARED, name: 'unit', include: ['test/unit/**/*.test.ts'] } },
      { test: { ...SHARED, name: 'room', include: ['test/room/**/*.test.ts'] } },
      {
        test: {
          ...SHARED,
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts'],
          globalSetup: 'test/helpers/home-template.ts',
        },
      },
    ],
  },
});
