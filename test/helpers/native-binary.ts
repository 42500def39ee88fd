import { execFileSync } from 'node:child_process';
import { statSync } from 'node:fs';

const SET_UP = new URL('../../scripts/setup.mjs', import.meta.url).pathname;

let hasAsked = false;

/** One of the small programs in C++. */
export interface NativeBinary {
  readonly path: string;
}

export function getKeeperBinary(): NativeBinary {
  return getNativeBinary('host/keeper/keeper');
}

export function getTapBinary(): NativeBinary {
  return getNativeBinary('host/tap/tap');
}

export function getLockBinary(): NativeBinary {
  return getNativeBinary('base/lock');
}

/**
 * The binary of the last build; where it looks too old the set-up, which compares contents, runs
 * once.
 */
function getNativeBinary(program: string): NativeBinary {
  const source = new URL(`../../src/${program}.cc`, import.meta.url).pathname;
  const path = new URL(`../../dist/${program}`, import.meta.url).pathname;
  if (!hasAsked && !isNewer(path, source)) {
    execFileSync(process.execPath, [SET_UP], { stdio: 'pipe' });
    hasAsked = true;
  }
  return { path };
}

function isNewer(path: string, source: string): boolean {
  const built = statSync(path, { throwIfNoEntry: false });
  return built !== undefined && built.mtimeMs > statSync(source).mtimeMs;
}
