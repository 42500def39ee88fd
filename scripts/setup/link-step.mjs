import { mkdirSync, readlinkSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';

const TARGET = '../../dist/cli/main.js';

/** `npx triad` in a checkout: npm links the programs of dependencies, but not our own. @param {string} root */
export function linkStep(root) {
  const folder = join(root, 'node_modules', '.bin');
  const link = join(folder, 'triad');
  return {
    label: 'linking npx triad',
    isCurrent: () => findTarget(link) === TARGET,
    make: async () => {
      const temporary = `${link}.${process.pid}`;
      mkdirSync(folder, { recursive: true });
      rmSync(temporary, { force: true });
      symlinkSync(TARGET, temporary);
      renameSync(temporary, link);
    },
  };
}

/** @param {string} link */
function findTarget(link) {
  try {
    return readlinkSync(link);
  } catch {
    return undefined;
  }
}
