import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, test } from 'vitest';
import { findRuns } from '../../../../src/host/triad/runs.js';

const HOME = `home-${process.pid}`;
/** Leads a session and has no command line, as a process has none that is just ending; one of the session is marked. */
const LEADER = `
  const { spawn } = require('node:child_process');
  const marks = { TRIAD_RUN: '${HOME}/pair', TRIAD_PANE: 'one', TRIAD_KEEPER: String(process.pid) };
  const { pid } = spawn('sleep', ['1000'], { env: { PATH: process.env.PATH, ...marks }, stdio: 'ignore' });
  process.title = '';
  process.stdout.write(String(pid));
`;

async function firstWord({ stdout }: ChildProcess): Promise<string> {
  if (stdout === null) throw new Error('no output');
  const words: unknown[] = await once(stdout, 'data');
  return String(words[0]);
}

test('what a keeper ran is found while the keeper is just ending and has no words any more', async () => {
  const leader = spawn(process.execPath, ['-e', LEADER], {
    ...{ detached: true, stdio: ['ignore', 'pipe', 'inherit'] },
  });
  const ended = once(leader, 'exit');
  try {
    const pid = Number(await firstWord(leader));
    const { runs } = await findRuns(HOME);
    expect(runs).toMatchObject([
      { session: 'pair', pane: 'one', keeperPid: leader.pid, processes: [{ pid }] },
    ]);
    expect(runs[0]?.keeper).toBeUndefined();
  } finally {
    process.kill(-(leader.pid ?? 0), 'SIGKILL');
    await ended;
  }
});
