import { basename, join } from 'node:path';
import { digestOf, filesBelow, readStamp, writeStamp } from './stamp.mjs';
import { runNpm } from './tool.mjs';

/**
 * Applies our changes to packages: `patches/NAME+VERSION.patch` -> `node_modules/NAME`. @param
 * {string} root
 */
export function patchStep(root) {
  const patches = filesBelow(join(root, 'patches'), '.patch').map((path) => {
    const [name = ''] = basename(path).split('+');
    // The stamp lies within the package, so that it goes when npm replaces the package.
    const stamp = join(root, 'node_modules', name, '.triad-patch.json');
    return { stamp, digest: digestOf(root, [path]) };
  });
  return {
    label: 'patching packages',
    isCurrent: () => patches.every(({ stamp, digest }) => readStamp(stamp) === digest),
    make: async () => {
      await runNpm(['run', '--silent', 'patch'], {
        cwd: root,
        hint: 'begin with fresh packages: rm -r node_modules, then once more',
      });
      for (const { stamp, digest } of patches) writeStamp(stamp, digest);
    },
  };
}
