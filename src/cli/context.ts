import { existsSync, realpathSync, statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename, delimiter, dirname, isAbsolute, join, resolve } from 'node:path';
import { ConfigurationError, messageOf, UsageError } from '../base/errors.js';
import { shellWord } from '../base/shell-word.js';
import { type Environment, readEnvironment } from '../config/environment.js';
import { CONTROL_SOCKET, type Home, homeAt, LINK_SOCKET, PACKAGE_ROOT } from '../config/home.js';

/** Where the program was started: its environment and the home it acts on. */
export interface CliContext {
  readonly environment: Environment;
  readonly home: Home;
  /** What the person types where they are to call this program for this home. */
  readonly program: string;
  /** The pane door, where we run in a pane and no other home was named: verbs go that way. */
  readonly door: Environment['door'];
}

/** The home is `--home`, else TRIAD_HOME, else the checkout, else `~/.triad` for an installed package. */
export function findContext(home: string | undefined): CliContext {
  const environment = readEnvironment();
  const isCheckout = existsSync(join(PACKAGE_ROOT, 'src'));
  const fallback = resolve(isCheckout ? PACKAGE_ROOT : join(environment.userHome, '.triad'));
  const door = home === undefined ? environment.door : undefined;
  const found = homeAt(home ?? environment.home ?? fallback);
  // TRIAD_HOME may have been set for this one call.
  const homeWords = found.root === fallback ? [] : ['--home', shellWord(found.root)];
  const program = [callOf(environment, isCheckout), ...homeWords].join(' ');
  return { environment, home: found, program, door };
}

/** `triad` where PATH leads to this program, else its path: of a checkout that of its launcher. */
function callOf({ all, callerFolder }: Environment, isCheckout: boolean): string {
  const main = join(PACKAGE_ROOT, 'dist/cli/main.js');
  const launcher = isCheckout ? join(PACKAGE_ROOT, 'triad') : main;
  const places = (all['PATH'] ?? '').split(delimiter).filter((folder) => isAbsolute(folder));
  const first = places.map((folder) => join(folder, 'triad')).find((path) => existsSync(path));
  // npm puts the folder of its own links on the PATH of what it runs.
  const isOnPath =
    first !== undefined && callerFolder === undefined && leadsTo(first, [main, launcher]);
  if (isOnPath) return 'triad';
  const cwd = process.cwd();
  const isByNpm = cwd === resolve(PACKAGE_ROOT);
  const isHere = dirname(launcher) === ((isByNpm ? callerFolder : undefined) ?? cwd);
  return isHere ? `./${basename(launcher)}` : shellWord(launcher);
}

function leadsTo(path: string, targets: readonly string[]): boolean {
  try {
    return targets.includes(realpathSync(path));
  } catch {
    return false;
  }
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
