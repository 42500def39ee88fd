import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, it } from 'vitest';

interface LockedPackage {
  readonly hasInstallScript?: boolean;
  readonly dependencies?: Record<string, string>;
  readonly optionalDependencies?: Record<string, string>;
}

const CHECKOUT = resolve(import.meta.dirname, '../../..');
const { packages } = readJson('package-lock.json') as { packages: Record<string, LockedPackage> };
const { allowScripts } = readJson('package.json') as { allowScripts: Record<string, boolean> };

/** `npm ci` refuses a lock file that leaves out so much as a package for another system. */
it('the lock file has every package that a locked package names', () => {
  const missing = Object.entries(packages).flatMap(([location, locked]) =>
    Object.keys({ ...locked.dependencies, ...locked.optionalDependencies }).filter(
      (name) => !isLocked(name, location),
    ),
  );
  expect(missing).toEqual([]);
});

it('package.json says of every package with an install script whether it may run', () => {
  const withScripts = Object.entries(packages)
    .filter(([, locked]) => locked.hasInstallScript === true)
    .map(([location]) => location.slice(location.lastIndexOf('node_modules/') + 13));
  expect(Object.keys(allowScripts).sort()).toEqual(withScripts.sort());
});

/** Looks where Node.js would: beside the package that asks, and in each folder above. */
function isLocked(name: string, location: string): boolean {
  const prefix = location === '' ? '' : `${location}/`;
  if (packages[`${prefix}node_modules/${name}`] !== undefined) return true;
  if (location === '') return false;
  const parent = location.slice(0, Math.max(0, location.lastIndexOf('/node_modules/')));
  return isLocked(name, parent);
}

function readJson(path: string): unknown {
  return JSON.parse(readFileSync(join(CHECKOUT, path), 'utf8'));
}
