import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const PROGRAM = join(import.meta.dirname, '../../dist/cli/main.js');
const run = promisify(execFile);

test.each([[], ['help'], ['--help'], ['-h']])(
  'inside a pane help %s lists what works there alone',
  async (...words) => {
    const env = {
      PATH: process.env['PATH'],
      HOME: '/',
      TRIAD_DOOR: '/none',
      TRIAD_PANE_TOKEN: 'none',
    };
    const { stdout } = await run(process.execPath, [PROGRAM, ...words], { env });
    const listed = [...stdout.matchAll(/^ {2}(\w+) /gm)].map(([, verb]) => verb);
    expect(listed.sort()).toEqual(['capture', 'keys', 'send', 'signal']);
    const elsewhere = await run(process.execPath, [PROGRAM, '--home', '/none', ...words], { env });
    expect(elsewhere.stdout).toContain('restart');
  },
);
