import { initialise } from '../service/initialise.js';
import { type CliContext, readNamedFile } from './context.js';
import type { Output } from './output.js';

/**
 * Makes what is missing in the home and says what was made.
 *
 * @param path a public key of the first admin's.
 * @returns whether anything was made.
 */
export async function runInit(
  context: CliContext,
  path: string | undefined,
  output: Output,
): Promise<boolean> {
  let hasMade = false;
  const adminKey = path === undefined ? undefined : { path, text: await readNamedFile(path) };
  const onMade = (what: string) => {
    if (!hasMade) output.tell(`triad: made in ${context.home.root}:\n`);
    hasMade = true;
    output.tell(`  ${what}\n`);
  };
  await initialise({ ...context, adminKey, onMade });
  return hasMade;
}
