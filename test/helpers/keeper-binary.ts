import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const SOURCE = new URL('../../src/triad/keeper.cc', import.meta.url).pathname;
const BUILT = new URL('../../dist/triad/keeper', import.meta.url).pathname;
const FLAGS = ['-O2', '-std=c++17', '-Wall', '-Wextra', '-Werror'];

export interface KeeperBinary extends Disposable {
  readonly path: string;
}

/** The keeper of the last build if it is newer than its source, else one compiled for the caller. */
export function openKeeperBinary(): KeeperBinary {
  if (isUpToDate()) return { path: BUILT, [Symbol.dispose]: () => undefined };
  const directory = mkdtempSync(join(tmpdir(), 'triad-keeper-'));
  const remove = () => rmSync(directory, { recursive: true, force: true });
  const path = join(directory, 'keeper');
  try {
    execFileSync('c++', [...FLAGS, SOURCE, '-o', path], { stdio: 'pipe' });
  } catch (error) {
    remove();
    throw error;
  }
  return { path, [Symbol.dispose]: remove };
}

function isUpToDate(): boolean {
  const built = statSync(BUILT, { throwIfNoEntry: false });
  return built !== undefined && built.mtimeMs > statSync(SOURCE).mtimeMs;
}
