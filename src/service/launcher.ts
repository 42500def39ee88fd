import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { replaceFile } from '../base/atomic-file.js';
import { shellWord } from '../base/shell-word.js';
import { openDirectory } from './writable.js';

const PROGRAM = fileURLToPath(new URL('../cli/main.js', import.meta.url));

/**
 * Makes a folder with this very `triad` in it, for the PATH of panes: a checkout has none there, and
 * an installed one may be another version.
 */
export async function makeLauncher(runtimeDirectory: string): Promise<string> {
  const folder = join(runtimeDirectory, 'bin');
  openDirectory({ root: runtimeDirectory, path: folder });
  const run = [process.execPath, PROGRAM].map(shellWord).join(' ');
  await replaceFile(join(folder, 'triad'), `#!/bin/sh\nexec ${run} "$@"\n`, 0o700);
  return folder;
}
