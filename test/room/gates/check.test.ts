import { writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { expect, it } from 'vitest';
import { PlantedProject } from '../../helpers/planted-project.js';
import { TESTED_TMUX } from '../../helpers/tested-tmux.js';

const CHECK = 'scripts/check.mjs';
const SUMMARY = 'scripts/summary.mjs';
const VERSIONS = 'scripts/tmux-versions.mjs';
const VITEST_CONFIG = resolve(import.meta.dirname, '../../../vitest.config.ts');

it('check runs the gates it is told, shows what a failing one says, and fails', async () => {
  await using project = await PlantedProject.create('format');
  const { status, stdout } = await project.run(process.execPath, [CHECK, 'format', 'unused']);
  expect(status).toBe(1);
  expect(stdout).toContain('src/base/quotes.ts');
  expect(stdout).toMatch(/^check: format: FAILED \(/m);
  expect(stdout).toMatch(/^check: unused: FAILED \(/m);
  expect(stdout).toMatch(/\ncheck: FAILED: format, unused\n$/);
});

it('check passes when its gates do', async () => {
  await using project = await PlantedProject.create('counting');
  const { status, stdout } = await project.run(process.execPath, [CHECK, 'format']);
  expect(stdout).toMatch(/^check: format: ok \([\d.]+ s\)\n$/);
  expect(status).toBe(0);
});

it('check refuses a gate that it does not know', async () => {
  await using project = await PlantedProject.create('format');
  const { status, stderr } = await project.run(process.execPath, [CHECK, 'fromat']);
  expect(status).toBe(64);
  expect(stderr).toContain('no gate is called fromat, only format, types, lint, rooms, unused');
});

it('the summary counts what the runner reported, a file that did not load among the failed', async () => {
  await using project = await PlantedProject.create('counting');
  const report = join(project.root, 'report.json');
  const vitest = join(project.root, 'node_modules/vitest/vitest.mjs');
  const run = await project.run('env', [
    `TRIAD_TEST_REPORT=${report}`,
    process.execPath,
    vitest,
    'run',
    '--project=unit',
    `--config=${VITEST_CONFIG}`,
    `--root=${project.root}`,
  ]);
  expect(run.stdout).toContain('skipped: needs a client that is missing: no dbclient here\n');
  const { status, stdout } = await project.run(process.execPath, [SUMMARY, report]);
  expect(stdout).toBe('2 passed, 2 failed, 1 skipped\n');
  expect(status).toBe(1);
});

it('runs the tests with each tmux that is named, one row for each, and fails where one did', async () => {
  await using project = await PlantedProject.create('counting');
  const tmux = TESTED_TMUX;
  const vitest = ['--project=unit', `--config=${VITEST_CONFIG}`, `--root=${project.root}`];
  const named = [`TRIAD_TEST_TMUX=${tmux}:/nowhere/tmux`, process.execPath, VERSIONS];
  const { status, stdout } = await project.run('env', [...named, ...vitest]);
  const [head, row, ...rest] = stdout.split('\n');
  expect(head).toBe('tmux         passed   failed   skipped  minutes  program');
  expect(row).toMatch(new RegExp(`^\\S+ +2 +2 +1 +[\\d.]+ +${tmux}$`));
  expect(rest.filter((line) => line.startsWith('  failed: '))).toHaveLength(2);
  expect(rest.at(-2)).toBe('none         -        -        -        -        /nowhere/tmux');
  expect(status).toBe(1);
});

it('says how to name a tmux where none is named', async () => {
  await using project = await PlantedProject.create('counting');
  const { status, stderr } = await project.run('env', [
    ...['-u', 'TRIAD_TEST_TMUX', process.execPath, VERSIONS],
  ]);
  expect(stderr).toContain('TRIAD_TEST_TMUX names no tmux');
  expect(status).toBe(64);
});

it.each([
  ['no report', '', '0 passed, 0 failed, 0 skipped\n'],
  ['a report of nothing', '{"testResults":[]}', '0 passed, 0 failed, 0 skipped\n'],
])('the summary fails on %s', async (_case, text, line) => {
  await using project = await PlantedProject.create('counting');
  const report = join(project.root, 'report.json');
  if (text !== '') await writeFile(report, text);
  const { status, stdout } = await project.run(process.execPath, [SUMMARY, report]);
  expect(stdout).toBe(line);
  expect(status).toBe(1);
});

it('the summary succeeds when something passed and nothing failed', async () => {
  await using project = await PlantedProject.create('counting');
  const report = join(project.root, 'report.json');
  const tests = [{ status: 'passed' }, { status: 'pending' }];
  const testResults = [{ status: 'passed', assertionResults: tests }];
  await writeFile(report, JSON.stringify({ testResults }));
  const { status, stdout } = await project.run(process.execPath, [SUMMARY, report]);
  expect(stdout).toBe('1 passed, 0 failed, 1 skipped\n');
  expect(status).toBe(0);
});
