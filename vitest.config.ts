import { defineConfig } from 'vitest/config';

/** Where the runner leaves its own report, from which `.ci/run` counts. */
const report = process.env['TRIAD_TEST_REPORT'];
const reporters = ['default', './scripts/skipped-reporter.mjs'];

export default defineConfig({
  test: {
    // vitest's own default leaves one core idle, which on two cores doubles the time.
    maxWorkers: '100%',
    reporters: report === undefined ? reporters : [...reporters, ['json', { outputFile: report }]],
    projects: [
      { test: { name: 'unit', include: ['test/unit/**/*.test.ts'], testTimeout: 20_000 } },
      {
        test: {
          name: 'room',
          include: ['test/room/**/*.test.ts'],
          testTimeout: 20_000,
          hookTimeout: 20_000,
        },
      },
      {
        test: {
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts'],
          globalSetup: 'test/helpers/home-template.ts',
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
    ],
  },
});
