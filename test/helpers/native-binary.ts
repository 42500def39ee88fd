import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';

const FLAGS = ['-O2', '-std=c++17', '-Wall', '-Wextra', '-Werror'];

export interface NativeBinary extends Disposable {
  readonly path: string;
}

/** The tap of the last build if it is newer than its source, else one compiled for the caller. */
export function openTapBinary(): NativeBinary {
  return openNativeBinary('tap/tap');
}

/**
 * One of the small programs in C++, built or compiled now.
 *
 * @param program its room and name: `triad/keeper`.
 */
export function openNativeBinary(program: string): NativeBinary {
  const source = new URL(`../../src/${program}.cc`, import.meta.url).pathname;
  const built = new URL(`../../dist/${program}`, import.meta.url).pathname;
  if (isUpToDate(built, source)) return { path: built, [Symbol.dispose]: () => undefined };
  const directory = mkdtempSync(join(tmpdir(), 'triad-native-'));
  const remove = () => rmSync(directory, { recursive: true, force: true });
  const path = join(directory, basename(program));
  try {
    execFileSync('c++', [...FLAGS, source, '-o', path], { stdio: 'pipe' });
  } catch (error) {
    remove();
    throw error;
  }
  return { path, [Symbol.dispose]: remove };
}

function isUpToDate(path: string, source: string): boolean {
  const built = statSync(path, { throwIfNoEntry: false });
  return built !== undefined && built.mtimeMs > statSync(source).mtimeMs;
}
