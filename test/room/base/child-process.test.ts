import { spawnSync } from 'node:child_process';
import { closeSync, openSync, readdirSync } from 'node:fs';
import { expect, test } from 'vitest';
import { startPiped, startProcess } from '../../../src/base/child-process.js';
import { UnavailableError } from '../../../src/base/errors.js';
import { runProgram } from '../../../src/base/program-run.js';

const hasPrlimit = spawnSync('prlimit', ['--version']).status === 0;
const OPTIONS = { cwd: '/', env: { PATH: process.env['PATH'] ?? '' } };

function prlimit(...args: string[]): string {
  return spawnSync('prlimit', [`--pid=${process.pid}`, ...args], { encoding: 'utf8' }).stdout;
}

/** Runs `work` while this process has no descriptor left. */
async function withoutDescriptors<T>(work: () => Promise<T>): Promise<T> {
  const soft = prlimit('--nofile', '--noheadings', '--output=SOFT').trim();
  const highest = Math.max(...readdirSync('/proc/self/fd').map(Number));
  prlimit(`--nofile=${highest + 20}:`);
  const held: number[] = [];
  try {
    while (held.length < highest + 20) held.push(openSync('/dev/null', 'r'));
  } catch {
    // That was the last one.
  }
  try {
    return await work();
  } finally {
    for (const fd of held) closeSync(fd);
    prlimit(`--nofile=${soft}:`);
  }
}

test.runIf(hasPrlimit)(
  'without a free descriptor a start fails in words, and ends nothing',
  async () => {
    const run = { argv: ['true'], ...OPTIONS };
    const failed = await withoutDescriptors(async () => ({
      run: await runProgram(run, new AbortController().signal),
      started: await startProcess(['true'], OPTIONS).catch((error: unknown) => error),
      piped: await startPiped(['true'], OPTIONS).catch((error: unknown) => error),
    }));
    const reason = 'this process has no file descriptor left (EMFILE)';
    expect(failed.run).toEqual({ kind: 'not-run', reason, isShortage: true });
    expect(failed.started).toBeInstanceOf(UnavailableError);
    expect(failed.piped).toMatchObject({ message: reason });
    const end = await runProgram(run, new AbortController().signal);
    expect(end).toEqual({ kind: 'exited', status: 0 });
  },
);

test('a program that is not there fails in the same way', async () => {
  const error: unknown = await startPiped(['/no/such'], OPTIONS).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ code: 'unavailable', message: 'no such program or directory' });
});
