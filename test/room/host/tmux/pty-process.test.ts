import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { closeSync, mkdtempSync, openSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { PtyProcess } from '../../../../src/host/tmux/pty-process.js';
import { eventually } from '../../../helpers/eventually.js';
import { isAlive, processState } from '../../../helpers/keeper-pane.js';

const MEBIBYTE = 1024 * 1024;

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'triad-pty-'));
});
afterAll(() => rmSync(directory, { recursive: true }));

test('the last bytes before an exit always arrive', async () => {
  for (let run = 0; run < 60; run++) {
    const size = 11_000 + run * 2_000;
    await using pty = open(`stty raw; head -c ${size} /dev/zero | tr "\\0" x; printf END`);
    const exit = await pty.exited;
    expect(exit).toMatchObject({ status: 0, signal: null, reason: 'exited' });
    expect(pty.output().length).toBe(size + 3);
    expect(pty.output().subarray(-3).toString()).toBe('END');
  }
});

test('they arrive although nothing could be read between the exit and long after it', async () => {
  await using pty = open('stty raw; echo ready; read -r line; head -c 3000 /dev/zero; printf END');
  await eventually('the process is ready', () => pty.output().includes('ready'));
  pty.write(Buffer.from('\n'));
  // Nothing else runs in this process meanwhile.
  execFileSync('sh', [
    '-c',
    `while [ -d /proc/${pty.pid}/task/${pty.pid}/fd/1 ]; do sleep 0.1; done; sleep 0.5`,
  ]);
  await pty.exited;
  expect(pty.output().subarray(-3).toString()).toBe('END');
});

test('a writer that outlives the process does not keep it from being over', async () => {
  await using pty = open('(trap "" HUP; exec yes) & echo "writer $!."; exit 3');
  expect(await pty.exited).toMatchObject({ status: 3 });
  const writer = Number(/writer (\d+)/.exec(pty.output().toString())?.[1]);
  await eventually('the writer lost its terminal', () => !isAlive(writer));
});

test('8 MiB of input arrive complete and in order', async () => {
  const input = Buffer.alloc(8 * MEBIBYTE, 0).map((_, index) => (index * 31) ^ (index >> 8));
  await using pty = open(`stty raw -echo; echo ready; head -c ${input.length} | sha256sum`);
  await eventually('the process reads', () => pty.output().includes('ready'));
  const expected = createHash('sha256').update(input).digest('hex');
  expect(pty.write(input)).toBe(false);
  await pty.exited;
  expect(pty.output().toString()).toContain(expected);
});

test('input is taken in slices that heed the mark, and each drain is told', async () => {
  const slice = Buffer.alloc(48 * 1024, 'y');
  await using pty = open(`stty raw -echo; echo ready; head -c ${slice.length * 40} | wc -c`);
  await eventually('the process reads', () => pty.output().includes('ready'));
  let left = 40;
  const feed = () => {
    while (left-- > 0) if (!pty.write(slice)) return;
  };
  pty.onDrain(feed);
  feed();
  await pty.exited;
  expect(pty.output().toString()).toContain(String(slice.length * 40));
});

test('a process that lets too much input wait is hung up, and what it missed is counted', async () => {
  await using pty = open('stty raw -echo; echo ready; exec sleep 1000');
  await eventually('the process is there and does not read', () => pty.output().includes('ready'));
  const results = Array.from({ length: 17 }, () => pty.write(Buffer.alloc(MEBIBYTE)));
  expect(results).not.toContain(true);
  const exit = await pty.exited;
  expect(exit).toMatchObject({ status: null, signal: 'SIGHUP', reason: 'input-overflow' });
  expect(exit.droppedInputBytes).toBeGreaterThan(16 * MEBIBYTE - 64 * 1024);
});

test('16 MiB wait for a process that does not read, and are dropped when it ends', async () => {
  await using pty = open('stty raw -echo; echo ready; exec sleep 1000');
  await eventually('the process is there and does not read', () => pty.output().includes('ready'));
  expect(pty.write(Buffer.alloc(16 * MEBIBYTE))).toBe(false);
  pty.kill('SIGKILL');
  expect(await pty.exited).toMatchObject({ signal: 'SIGKILL', reason: 'exited' });
});

test('pending input of an ended process reaches nothing that reuses its descriptor', async () => {
  for (let round = 0; round < 5; round++) {
    const pty = open('stty raw -echo; echo ready; exec sleep 1000');
    await eventually('the process is there and does not read', () =>
      pty.output().includes('ready'),
    );
    pty.write(Buffer.alloc(4 * MEBIBYTE, 'P'));
    pty.kill('SIGKILL');
    await pty.exited;
    const path = join(directory, `reused-${round}`);
    const files = Array.from({ length: 30 }, () => openSync(path, 'a'));
    await using other = open('stty raw -echo; echo ready; head -c 5 | od -c; exit');
    await eventually('the other reads', () => other.output().includes('ready'));
    expect(pty.write(Buffer.from('stale'))).toBe(true);
    pty.resize({ cols: 7, rows: 7 });
    other.write(Buffer.from('fresh'));
    await other.exited;
    expect(other.output().toString()).toMatch(/f +r +e +s +h/);
    expect(statSync(path).size).toBe(0);
    for (const file of files) closeSync(file);
  }
});

test('sizes are clamped, and after the exit resize and kill do nothing', async () => {
  await using pty = open('trap "stty size" WINCH; echo ready; while :; do read -r line; done');
  await eventually('the process is ready', () => pty.output().includes('ready'));
  pty.resize({ cols: 70_000, rows: 0 });
  await eventually('the size is there', () => pty.output().includes('24 1000'));
  pty.kill('SIGKILL');
  await pty.exited;
  pty.resize({ cols: 80, rows: 24 });
  pty.kill('SIGKILL');
  expect(pty.write(Buffer.from('x'))).toBe(true);
});

test('the environment is what was given, without what ties it to a multiplexer', async () => {
  const env = { TERM: 'xterm', PATH: '/usr/bin:/bin', TMUX: 'a', TMUX_PANE: '%1', STY: 'b' };
  await using pty = openProgram({ file: 'env', args: [], env });
  await pty.exited;
  expect(pty.output().toString().split('\r\n').sort()).toEqual([
    '',
    'PATH=/usr/bin:/bin',
    'TERM=xterm',
  ]);
});

test('a program that cannot be run shows as an exit that says so', async () => {
  await using pty = openProgram({ file: 'no-such-program', args: [], env: {} });
  expect(await pty.exited).toMatchObject({ status: 1, signal: null });
  expect(pty.output().toString()).toContain('No such file or directory');
});

test('a process that ignores the hang-up is killed, a stopped one ends', async () => {
  const deaf = open('trap "" HUP; echo ready; exec sleep 1000');
  await eventually('the process ignores its hang-up', () => deaf.output().includes('ready'));
  expect(await deaf.close(50)).toMatchObject({ signal: 'SIGKILL' });
  const stopped = open('echo ready; kill -STOP $$; echo went on');
  await eventually('the process has stopped', () => processState(stopped.pid) === 'T');
  expect(await stopped.close(60_000)).toMatchObject({ signal: 'SIGHUP' });
  expect(await stopped.close()).toMatchObject({ signal: 'SIGHUP' });
});

test('a flood is delivered whole, with pauses between', async () => {
  await using pty = open(`stty raw; head -c ${3 * MEBIBYTE} /dev/zero`);
  await pty.exited;
  expect(pty.output().length).toBe(3 * MEBIBYTE);
});

test('50 runs leave no descriptor and no thread behind', async () => {
  await using first = open('exit 0');
  await first.exited;
  const before = [descriptors(), threads()];
  for (let run = 0; run < 50; run++) {
    await using pty = open('printf x');
    await pty.exited;
  }
  await eventually(
    'all descriptors and threads are closed',
    () => String([descriptors(), threads()]) === String(before),
  );
});

/** Runs a program in a pty that keeps its output. */
function openProgram(program: { file: string; args: string[]; env: Record<string, string> }) {
  const pieces: Uint8Array[] = [];
  const pty = PtyProcess.spawn({
    ...program,
    cwd: '/',
    size: { cols: 80, rows: 24 },
    onOutput: (bytes) => pieces.push(bytes),
  });
  return Object.assign(pty, { output: () => Buffer.concat(pieces) });
}

/** Runs a line of shell so. */
function open(line: string) {
  const env = { PATH: process.env['PATH'] ?? '', TERM: 'xterm' };
  return openProgram({ file: 'sh', args: ['-c', line], env });
}

function descriptors(): number {
  return readdirSync('/proc/self/fd').length;
}

function threads(): number {
  return readdirSync('/proc/self/task').length;
}
