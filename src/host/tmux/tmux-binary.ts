import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { ConfigurationError, systemCode, UnavailableError } from '../../base/errors.js';
import { findShortage, reasonOf } from '../../base/shortage.js';
import { visible } from '../../base/visible.js';
import { isFrom, releaseOf } from './tmux-limits.js';

const run = promisify(execFile);

/** The oldest version: earlier ones let an observer's terminal write paste buffers, and lack features. */
const OLDEST = { major: 3, minor: 3 };
/** How long `tmux -V` may take: it answers in milliseconds, but a wrapper may hang. */
const VERSION_LIMIT_MS = 5_000;
const INSTALL_HINT = 'install tmux 3.3 or newer (Debian, Ubuntu: apt install tmux)';

export interface TmuxBinary {
  /** The program as it was configured: a path, or a name on PATH. */
  readonly path: string;
  /** The path of the program. */
  readonly file: string;
  /** The version as tmux tells it: `3.3a`, `next-3.6`. */
  readonly version: string;
}

/**
 * Finds out whether `path` (a name on PATH or a file) is a tmux that Triad can work with.
 *
 * @throws ConfigurationError when it is missing, does not run or is too old.
 */
export async function findTmux(path: string, env: NodeJS.ProcessEnv): Promise<TmuxBinary> {
  const version = await askVersion(path, env);
  if (!isNewEnough(version)) {
    throw new ConfigurationError(
      `tmux is too old: ${visible(path)} is version ${visible(version)}, needed is ${OLDEST.major}.${OLDEST.minor} or newer`,
      { hint: `${INSTALL_HINT}, or name another one: TRIAD_TMUX=/path/to/tmux` },
    );
  }
  return { path, file: fileOf(path, env['PATH'] ?? ''), version };
}

/** The version that a program tells; undefined where it cannot be run. */
export async function versionOf(path: string, env: NodeJS.ProcessEnv): Promise<string | undefined> {
  try {
    const { stdout } = await run(path, ['-V'], { env, timeout: VERSION_LIMIT_MS });
    return stdout.trim().replace(/^tmux /, '');
  } catch {
    return undefined;
  }
}

function fileOf(program: string, path: string): string {
  if (program.includes('/')) return program;
  const files = path.split(delimiter).map((folder) => join(folder, program));
  return files.find((file) => existsSync(file)) ?? program;
}

async function askVersion(path: string, env: NodeJS.ProcessEnv): Promise<string> {
  try {
    const { stdout } = await run(path, ['-V'], { env, timeout: VERSION_LIMIT_MS });
    return stdout.trim().replace(/^tmux /, '');
  } catch (error) {
    const shortage = findShortage(error);
    if (shortage !== undefined) {
      const { words, hint } = shortage;
      throw new UnavailableError(`tmux cannot be run: ${words}`, { hint, cause: error });
    }
    const why = systemCode(error) === 'ENOENT' ? 'not found' : reasonOf(error);
    throw new ConfigurationError(`tmux cannot be run: ${visible(path)}: ${why}`, {
      hint: INSTALL_HINT,
      cause: error,
    });
  }
}

/** Whether a version is new enough; builds without a number (`master`, `openbsd-7.5`) are. */
function isNewEnough(version: string): boolean {
  const isKnown = releaseOf(version) !== undefined || /^(master|openbsd-)/.test(version);
  return isKnown && isFrom(version, OLDEST.major, OLDEST.minor);
}
