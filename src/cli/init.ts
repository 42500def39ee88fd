import { readFile } from 'node:fs/promises';
import { messageOf, UsageError } from '../base/errors.js';
import { initialise } from '../service/initialise.js';
import type { CliContext } from './context.js';
import type { Output } from './output.js';

/**
 * Makes what is missing in the home and says what was made.
 *
 * @returns whether anything was.
 */
export async function runInit(
  context: CliContext,
  adminKeyPath: string | undefined,
  output: Output,
): Promise<boolean> {
  let hasMade = false;
  const adminKey = adminKeyPath === undefined ? undefined : await readAdminKey(adminKeyPath);
  const onMade = (what: string) => {
    if (!hasMade) output.tell(`triad: made in ${context.home.root}:\n`);
    hasMade = true;
    output.tell(`  ${what}\n`);
  };
  await initialise({ ...context, adminKey, onMade });
  return hasMade;
}

async function readAdminKey(path: string) {
  try {
    return { path, text: await readFile(path, 'utf8') };
  } catch (error) {
    throw new UsageError(`${path}: cannot be read: ${messageOf(error)}`, { cause: error });
  }
}
