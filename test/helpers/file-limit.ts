import { execFileSync } from 'node:child_process';
import { closeSync, openSync, readdirSync, readFileSync } from 'node:fs';

/** Descriptors that are left: starting prlimit takes some itself. */
const FEW = 32;

/** Until it is disposed no file of this process and of those it starts may grow beyond `bytes`: a full disk. */
export function fileLimit(bytes: number): Disposable {
  // The signal is handled after the limit is gone, and would end the process where a library listens.
  if (!process.listeners('SIGXFSZ').includes(ignore)) process.on('SIGXFSZ', ignore);
  setLimit(`${bytes}`);
  return { [Symbol.dispose]: () => setLimit('unlimited') };
}

/** Runs `work`, which does not wait, under such a limit. */
export function withFileLimit<T>(bytes: number, work: () => T): T {
  using _limit = fileLimit(bytes);
  return work();
}

/** Runs `work`, which does not wait, while this process has no file descriptor left. */
export function withoutDescriptors<T>(work: () => T): T {
  const limits = readFileSync('/proc/self/limits', 'utf8');
  const [, before = 'unlimited'] = /^Max open files\s+(\w+)/m.exec(limits) ?? [];
  setDescriptors(`${Math.max(...readdirSync('/proc/self/fd').map(Number)) + FEW}`);
  const opened = openAll();
  try {
    return work();
  } finally {
    for (const fd of opened) closeSync(fd);
    setDescriptors(before);
  }
}

function openAll(): number[] {
  const opened: number[] = [];
  try {
    for (;;) opened.push(openSync('/dev/null', 'r'));
  } catch {
    // There is none left.
  }
  return opened;
}

function setDescriptors(soft: string): void {
  execFileSync('prlimit', ['--pid', `${process.pid}`, `--nofile=${soft}:`]);
}

function ignore(): void {
  // The write that was refused fails, and tells.
}

function setLimit(soft: string): void {
  execFileSync('prlimit', ['--pid', `${process.pid}`, `--fsize=${soft}:`]);
}
