import { existsSync, realpathSync, statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ConfigurationError, messageOf, UsageError } from '../base/errors.js';
import { type Environment, readEnvironment } from '../config/environment.js';
import { CONTROL_SOCKET, type Home, homeAt, LINK_SOCKET, PACKAGE_ROOT } from '../config/home.js';

/** Where the program was started: its environment and the home it acts on. */
export interface CliContext {
  readonly environment: Environment;
  readonly home: Home;
  /** Where we run in a pane, and no other home was named: its verbs go this way. */
  readonly door: Environment['door'];
}

/** The home is `--home`, else TRIAD_HOME, else the checkout, else `~/.triad` for an installed package. */
export function findContext(home: string | undefined): CliContext {
  const environment = readEnvironment();
  const isCheckout = existsSync(join(PACKAGE_ROOT, 'src'));
  const fallback = isCheckout ? PACKAGE_ROOT : join(environment.userHome, '.triad');
  const door = home === undefined ? environment.door : undefined;
  return { environment, home: homeAt(home ?? environment.home ?? fallback), door };
}

/**
 * Where the sockets are: a link is followed, since the path through it may be too long.
 *
 * @throws ConfigurationError where the folder is neither ours nor that of the home's owner: root is let into any.
 */
export function runtimeDirectory({ root, run }: Home): string {
  const path = existsSync(run) ? realpathSync(run) : run;
  const owner = statSync(path, { throwIfNoEntry: false })?.uid ?? process.geteuid?.();
  if (owner === process.geteuid?.() || owner === statSync(root).uid) return path;
  throw new ConfigurationError(
    `${path}: belongs to user ${owner}, who is not the owner of ${root}`,
  );
}

export function controlSocket(home: Home): string {
  return join(runtimeDirectory(home), CONTROL_SOCKET);
}

export function linkSocket(home: Home): string {
  return join(runtimeDirectory(home), LINK_SOCKET);
}

/** A file that the person has named. @throws UsageError where it cannot be read. */
export async function readNamedFile(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw new UsageError(`${path}: cannot be read: ${messageOf(error)}`, { cause: error });
  }
}
