import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { KeptFile } from '../base/kept-file.js';
import { shellWord } from '../base/shell-word.js';
import { findShortage } from '../base/shortage.js';
import { openDirectory } from './writable.js';

const PROGRAM = fileURLToPath(new URL('../cli/main.js', import.meta.url));

/**
 * Makes a folder with this very `triad` in it, for the PATH of panes: a checkout has none there, and
 * an installed one may be another version. On a full disk it is made once there is room: agents that run
 * are led without it.
 */
export async function makeLauncher(
  runtimeDirectory: string,
): Promise<{ readonly folder: string; readonly file: KeptFile }> {
  const folder = join(runtimeDirectory, 'bin');
  const run = [process.execPath, PROGRAM].map(shellWord).join(' ');
  const content = Buffer.from(`#!/bin/sh\nexec ${run} "$@"\n`);
  const path = join(folder, 'triad');
  const file = new KeptFile({ name: '`triad` of the panes', path, content, mode: 0o700 });
  try {
    openDirectory({ root: runtimeDirectory, path: folder });
    if (file.findFault() !== undefined) await file.makeAgain();
  } catch (error) {
    // Whoever watches it tells of it, and tries again.
    if (findShortage(error) === undefined) throw error;
  }
  return { folder, file };
}
