import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { isReadingTerminal } from '../../../../src/host/health/terminal-read.js';
import { PtyProcess } from '../../../../src/host/tmux/pty-process.js';
import { eventually } from '../../../helpers/eventually.js';

let root: string;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'triad-proc-'));
});
afterAll(() => rmSync(root, { recursive: true }));

/** Runs a line of shell on a terminal of its own. */
function open(line: string) {
  let output = '';
  const pty = PtyProcess.spawn({
    ...{ file: 'sh', args: ['-c', line], cwd: '/', size: { cols: 80, rows: 24 } },
    env: { PATH: process.env['PATH'] ?? '', TERM: 'xterm' },
    onOutput: (bytes) => (output += Buffer.from(bytes).toString()),
  });
  return Object.assign(pty, { shows: (text: string) => output.includes(text) });
}

/** Whether this system lets one look: Linux does, unless it was told not to (Yama). */
const READING = [
  ['itself', 'printf name:; read x; printf thanks; sleep 1000'],
  [
    'by the other name of the terminal',
    'printf name:; read x < /dev/tty; printf thanks; sleep 1000',
  ],
  ['in a program that it runs', 'sh -c "printf name:; read x; exit 0"; printf thanks; sleep 1000'],
] as const;

test.each(READING)(
  'a command that reads its terminal %s is seen until it has got a line',
  async (_how, line) => {
    await using pty = open(line);
    await eventually('the program reads its terminal', () => isReadingTerminal(pty.pid));
    pty.write(Buffer.from('anna\n'));
    await eventually('the program has read its line', () => pty.shows('thanks'));
    expect(await isReadingTerminal(pty.pid)).toBe(false);
  },
);

test.each([
  ['sleeps', 'printf name:; exec sleep 1000'],
  ['reads something else', 'printf name:; sleep 1000 | cat'],
  ['reads in the background', 'set -m; cat & printf name:; sleep 1000'],
])('a command that %s is not reading its terminal', async (_what, line) => {
  await using pty = open(line);
  await eventually('the program has printed its prompt', () => pty.shows('name:'));
  expect(await isReadingTerminal(pty.pid)).toBe(false);
});

/** A process as a system tells of it that this one may not be. */
function plant(pid: number, facts: { stat: string; syscall?: string; file?: string }): void {
  const directory = join(root, String(pid));
  mkdirSync(join(directory, 'fd'), { recursive: true });
  mkdirSync(join(directory, 'task', String(pid)), { recursive: true });
  writeFileSync(join(directory, 'stat'), facts.stat);
  const call = join(directory, 'task', String(pid), 'syscall');
  if (facts.syscall !== undefined) writeFileSync(call, facts.syscall);
  if (facts.file !== undefined) symlinkSync(facts.file, join(directory, 'fd', '4'));
}

const READ = process.arch === 'arm64' ? '63' : '0';
/** pts/300 is 136:300 there; the name tries to be mistaken for the numbers behind it. */
const PTS_300 = 0x10_882c;
const stat = (pid: number, terminal = PTS_300): string =>
  `${pid} (x) S 1 9 9 0 9 (y) S 1 ${pid} ${pid} ${terminal} ${pid} 4194304 0 0 0 0 0 0 0 0 20 0 1 0 99 0 0`;

test('terminals beyond the 256th, odd names and other descriptors are understood', async () => {
  plant(10, { stat: stat(10), syscall: `${READ} 0x4 0x7ff 0x1`, file: '/dev/pts/300' });
  expect(await isReadingTerminal(10, root)).toBe(true);
});

test('where the system does not tell, nobody reads', async () => {
  plant(20, { stat: stat(20), file: '/dev/pts/300' });
  plant(21, { stat: stat(21), syscall: 'running\n', file: '/dev/pts/300' });
  plant(22, { stat: stat(22), syscall: `${READ} 0x4`, file: '/dev/pts/30' });
  plant(23, { stat: stat(23), syscall: `${READ} 0x5`, file: '/dev/pts/300' });
  plant(24, { stat: stat(24, 0), syscall: `${READ} 0x4`, file: '/dev/pts/300' });
  plant(25, { stat: 'nothing', syscall: `${READ} 0x4`, file: '/dev/pts/300' });
  for (const pid of [20, 21, 22, 23, 24, 25, 26]) {
    expect(await isReadingTerminal(pid, root)).toBe(false);
  }
});
