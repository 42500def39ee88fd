import { EXIT, type ExitCode } from '../base/exit-codes.js';
import { validateHome } from '../service/validation.js';
import type { CliContext } from './context.js';
import type { Output } from './output.js';

/** Says what is wrong with the files that people write, or that they are right; starts nothing. */
export async function runValidate(
  context: CliContext,
  { json }: { readonly json?: true },
  output: Output,
): Promise<ExitCode> {
  const files = await validateHome(context);
  if (json) output.print(`${JSON.stringify(files, null, 2)}\n`);
  else {
    const lines = files.flatMap(({ path, problems }) =>
      problems.length === 0 ? [`${path}: ok`] : problems,
    );
    output.print(lines.map((line) => `${line}\n`).join(''));
  }
  return files.every(({ problems }) => problems.length === 0) ? EXIT.ok : EXIT.configuration;
}
