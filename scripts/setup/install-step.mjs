import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { digestOf, filesBelow, readStamp, stampedStep, writeStamp } from './stamp.mjs';
import { runNpm } from './tool.mjs';

/** Installs in `node_modules` what `package-lock.json` says. @param {string} root */
export function installStep(root) {
  const stamp = join(root, 'node_modules', '.triad-setup.json');
  // The ABI counts because ssh2's native part is built for one, and the patches because a patch that
  // changed cannot be applied over its predecessor.
  const digest = () => {
    const patches = filesBelow(join(root, 'patches'), '.patch');
    const machine = [process.versions.modules, process.arch];
    return digestOf(root, [join(root, 'package-lock.json'), ...patches], machine);
  };
  const step = stampedStep({
    label: 'installing packages',
    stamp,
    digest,
    outputs: () => [],
    make: () => install(root),
  });
  return {
    ...step,
    isCurrent: () => {
      if (readStamp(stamp) === undefined && isInstalledByHand(root)) writeStamp(stamp, digest());
      return step.isCurrent();
    },
  };
}

/**
 * Whether somebody ran npm themselves, to its end: npm writes its record of what is installed last
 * (npm docs, package-lock.json, "Hidden Lockfiles"), and it holds what ours asks for.
 *
 * @param {string} root
 */
function isInstalledByHand(root) {
  const record = readPackages(join(root, 'node_modules', '.package-lock.json'));
  const lock = readPackages(join(root, 'package-lock.json'));
  if (record === undefined || lock === undefined) return false;
  return Object.entries(lock).every(
    ([location, wanted]) =>
      location === '' ||
      record[location]?.version === wanted.version ||
      (wanted.optional === true && record[location] === undefined),
  );
}

/** @param {string} path @returns {Record<string, { version?: string, optional?: boolean }> | undefined} */
function readPackages(path) {
  return existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')).packages : undefined;
}

/** @param {string} root */
async function install(root) {
  await runNpm(['ci', '--include=dev', '--no-audit', '--no-fund'], {
    cwd: root,
    hint: 'npm must be installed and able to reach its registry: npm ping',
  });
}
