import { execFileSync } from 'node:child_process';

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

function ignore(): void {
  // The write that was refused says so.
}

function setLimit(soft: string): void {
  execFileSync('prlimit', ['--pid', `${process.pid}`, `--fsize=${soft}:`]);
}
