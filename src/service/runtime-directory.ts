import {
  chmod,
  lstat,
  mkdir,
  mkdtemp,
  readFile,
  readlink,
  realpath,
  rm,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { ConfigurationError, messageOf, systemCode } from '../base/errors.js';
import { PrivateFolder } from '../base/private-folder.js';
import { refuseForeignLink } from '../base/trusted-file.js';
import type { Environment } from '../config/environment.js';
import type { Home } from '../config/home.js';
import type { SessionPlan } from '../host/plan/session-plan.js';

/** unix(7): `sun_path` is 108 bytes, the last one for the NUL. */
const MAX_SOCKET_PATH_BYTES = 107;

/** What the names of directories elsewhere begin with. */
export const PREFIX = 'triad-';

/**
 * Room for usual names: host and gateway must come to the same place whichever is first, and only the
 * host knows how long the names of its sockets are.
 */
const USUAL_NAME_BYTES = 40;

/**
 * The private directory for the sockets of a home, with room for `socketNames` in it.
 *
 * @param inUse where what lives has its sockets, as the host finds out.
 */
export function openRuntime(
  { home, environment }: { readonly home: Home; readonly environment: Environment },
  socketNames: readonly string[],
  inUse?: string,
): Promise<string> {
  return openRuntimeDirectory({
    ...{ path: home.run, inUse },
    longestName: longestOf(['x'.repeat(USUAL_NAME_BYTES), ...socketNames]),
    fallbacks: environment.socketDirectories,
  });
}

/** Holds one directory per session. */
export function sessionsDirectory(runtimeDirectory: string): string {
  return join(runtimeDirectory, 'tmux');
}

export function sessionDirectory(runtimeDirectory: string, session: string): string {
  return join(sessionsDirectory(runtimeDirectory), session);
}

export function tmuxSocketIn(directory: string): string {
  return join(directory, 'tmux.sock');
}

/** The longest socket path that the plans need, relative to the runtime directory. */
export function longestSocketName(plans: readonly SessionPlan[]): string {
  return longestOf(
    plans.flatMap(({ name, panes }) => {
      const directory = sessionDirectory('', name);
      const keepers = panes.map((pane) => join(directory, `${pane.name}.keeper`));
      return [tmuxSocketIn(directory), ...keepers];
    }),
  );
}

function longestOf(names: readonly string[]): string {
  return names.reduce((longest, name) => (name.length > longest.length ? name : longest), '');
}

export interface RuntimeDirectoryOptions {
  /** Where the sockets belong: `state/run`. */
  readonly path: string;
  /** The longest socket path that will be used, relative to the directory. */
  readonly longestName: string;
  /** A directory elsewhere that something of ours was found to use, whatever `path` says by now. */
  readonly inUse?: string | undefined;
  /** Where a private directory may be made when `path` is too long, in this order. */
  readonly fallbacks: readonly string[];
}

/**
 * A private directory (0700) for sockets: `path` itself, or where the system could not bind a socket
 * in it, a new directory elsewhere that `path` is a link to.
 *
 * @returns the path to use for the sockets.
 * @throws ConfigurationError when no place is short enough, or it is another user's.
 */
export async function openRuntimeDirectory(options: RuntimeDirectoryOptions): Promise<string> {
  const { path, inUse } = options;
  refuseForeignLink(path);
  if (inUse !== undefined) await linkTo(inUse, path);
  const linked = await targetOf(path);
  if (linked !== undefined) return openLinked(resolve(dirname(path), linked), options);
  if (!isShortEnough(path, options)) return openElsewhere(options);
  try {
    await mkdir(path, { recursive: true, mode: 0o700 });
    const { uid } = await lstat(path);
    if (uid !== process.geteuid?.()) throw new Error(`it belongs to user ${uid}`);
    await chmod(path, 0o700);
  } catch (error) {
    throw new ConfigurationError(`${path}: cannot hold sockets: ${messageOf(error)}`, {
      cause: error,
    });
  }
  return path;
}

/**
 * The directory, to be watched: it is made again at the same path, which commands that run know.
 */
export function runtimeFolder({ run }: Home, runtimeDirectory: string): PrivateFolder {
  const link = runtimeDirectory === run ? undefined : run;
  return new PrivateFolder({ name: 'runtime folder', path: runtimeDirectory, link });
}

/** @throws ConfigurationError when sockets of that name cannot be bound in a directory that is in use. */
export function requireSocketRoom(directory: string, longestName: string): void {
  const longest = join(directory, longestName);
  if (Buffer.byteLength(longest) <= MAX_SOCKET_PATH_BYTES) return;
  throw new ConfigurationError(
    `${longest}: is ${Buffer.byteLength(longest)} bytes, a socket's path may have ${MAX_SOCKET_PATH_BYTES}`,
    { hint: 'choose shorter names, or end everything and start again' },
  );
}

async function openLinked(target: string, options: RuntimeDirectoryOptions): Promise<string> {
  // A reboot or a cleaner may have removed it; what uses it makes its sockets again at the same place.
  await mkdir(target, { mode: 0o700 }).catch(() => undefined);
  const status = await lstat(target).catch(() => undefined);
  if (status === undefined || !isShortEnough(target, options)) {
    await rm(options.path, { force: true });
    await rm(noteOf(options.path), { force: true });
    return openRuntimeDirectory({ ...options, inUse: undefined });
  }
  const isOurs = status.isDirectory() && status.uid === process.getuid?.();
  if (isOurs && (status.mode & 0o077) === 0) return target;
  throw new ConfigurationError(
    `${options.path}: links to ${target}, which is not private to this user`,
    { hint: `remove ${options.path} and start again` },
  );
}

/** The file that remembers the link's target, since somebody may remove the link alone. */
function noteOf(path: string): string {
  return `${path}.place`;
}

/** What a link says; undefined where none is there. */
function targetOf(path: string): Promise<string | undefined> {
  return readlink(path).catch(() => undefined);
}

/** Makes `path` a link to a directory, unless it is something else than a link. */
async function linkTo(target: string, path: string): Promise<void> {
  const linked = await targetOf(path);
  if (linked === target) return;
  if (linked !== undefined) await rm(path);
  await symlink(target, path).catch(() => undefined);
}

async function isFreeOrOurs(directory: string): Promise<boolean> {
  const status = await lstat(directory).catch(() => undefined);
  return status === undefined || status.uid === process.getuid?.();
}

async function openElsewhere(options: RuntimeDirectoryOptions): Promise<string> {
  const noted = (await readFile(noteOf(options.path), 'utf8').catch(() => '')).trim();
  if (noted !== '' && (await isFreeOrOurs(noted))) {
    await symlink(noted, options.path).catch(() => undefined);
    const linked = await targetOf(options.path);
    if (linked === noted) return openLinked(noted, options);
  }
  const made = await makeElsewhere(options.fallbacks, options);
  try {
    await symlink(made, options.path);
    await writeFile(noteOf(options.path), `${made}\n`, { mode: 0o600 });
    return made;
  } catch (error) {
    await rm(made, { recursive: true });
    // Another start was faster, and its link is there now; anything else at this place stays.
    if ((await targetOf(options.path)) !== undefined) return openRuntimeDirectory(options);
    throw new ConfigurationError(
      `${options.path}: is too long a path for sockets and cannot become a link: ${messageOf(error)}`,
      { hint: 'end what runs there with: triad down --session; then remove it', cause: error },
    );
  }
}

async function makeElsewhere(
  parents: readonly string[],
  options: RuntimeDirectoryOptions,
): Promise<string> {
  const tried: string[] = [];
  for (const parent of parents) {
    if (!isShortEnough(join(parent, `${PREFIX}XXXXXX`), options)) {
      tried.push(`${parent} (too long)`);
      continue;
    }
    try {
      return await realpath(await mkdtemp(join(parent, PREFIX)));
    } catch (error) {
      tried.push(`${parent} (${systemCode(error) ?? messageOf(error)})`);
    }
  }
  const longest = join(options.path, options.longestName);
  throw new ConfigurationError(
    `${longest}: is ${Buffer.byteLength(longest)} bytes, a socket's path may have ${MAX_SOCKET_PATH_BYTES}; tried instead: ${tried.join(', ')}`,
    { hint: 'choose a shorter home: triad --home DIR, or set XDG_RUNTIME_DIR or TMPDIR' },
  );
}

function isShortEnough(directory: string, { longestName }: RuntimeDirectoryOptions): boolean {
  return Buffer.byteLength(join(directory, longestName)) <= MAX_SOCKET_PATH_BYTES;
}
