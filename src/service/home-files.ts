import { existsSync, mkdirSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { AppendFile } from '../base/append-file.js';
import type { Disposal } from '../base/disposal.js';
import { ConfigurationError, messageOf, TriadError, UnavailableError } from '../base/errors.js';
import { type Part, WrittenPart } from '../base/part.js';
import { findShortage } from '../base/shortage.js';
import { requireTrustedFolder, type TrustedPath } from '../base/trusted-file.js';
import type { Home } from '../config/home.js';
import { type Logger, type LogLevel, openLogger } from '../log/logger.js';

const MAX_LOG_BYTES = 16 * 1024 * 1024;
const MAX_OLD_LOGS = 4;

export interface HomeLog {
  readonly log: Logger;
  /** The log is to be watched: what could not be written of it is told. */
  readonly part: Part;
}

/**
 * Opens the log of a program that runs in a home. A machine that has run out of something does not
 * prevent the start: the log tells how many lines are missing once it can be written.
 *
 * @throws ConfigurationError that names the file that cannot be written.
 */
export function openHomeLog(
  home: Home,
  { path, level }: { readonly path: string; readonly level: LogLevel },
  disposal: Disposal,
): HomeLog {
  openDirectory({ root: home.root, path: home.state });
  const options = { path, maxBytes: MAX_LOG_BYTES, maxOldFiles: MAX_OLD_LOGS };
  const file = namingPath(path, () => new AppendFile(options));
  disposal.defer(() => file.close());
  return logInto(file, { name: basename(path), level });
}

/** A log that fails stops nothing, and tells how much of it is missing once it is written again. */
function logInto(
  file: AppendFile,
  { name, level }: { readonly name: string; readonly level: LogLevel },
): HomeLog {
  let lost = 0;
  let problem: unknown;
  const write = (line: string) => {
    try {
      file.append(line);
      problem = undefined;
    } catch (error) {
      lost += 1;
      problem = error;
    }
    part.note(problem === undefined);
    if (problem === undefined && lost > 0) tellLost();
  };
  const log = openLogger({ level, destination: { write } });
  const tellLost = () => {
    const count = lost;
    lost = 0;
    log.error({ count }, 'lines of this log could not be written before this one');
    // This line is not one of those that are missing.
    if (problem !== undefined) lost = count;
  };
  const part = new WrittenPart(`log (${name})`, () => {
    tellLost();
    if (problem !== undefined) throw new UnavailableError(messageOf(problem), { cause: problem });
  });
  return { log, part };
}

/** @throws ConfigurationError that names `path` when `open` fails. */
export function namingPath<T>(path: string, open: () => T): T {
  try {
    return open();
  } catch (error) {
    if (error instanceof TriadError) throw error;
    const shortage = findShortage(error);
    throw new ConfigurationError(`${path}: cannot be written: ${messageOf(error)}`, {
      hint:
        shortage === undefined
          ? 'choose another home: triad --home DIR, or correct the owner of this one'
          : `${shortage.words}: put that right and start again`,
      cause: error,
    });
  }
}

/**
 * Makes a directory that is private where it is new, and that nobody else can have put there.
 *
 * @throws ConfigurationError that names what cannot be made, or is another user's.
 */
export function openDirectory(directory: TrustedPath): void {
  namingPath(directory.path, () => {
    mkdirSync(directory.root, { recursive: true, mode: 0o700 });
    makeMissing(directory);
    requireTrustedFolder(directory);
  });
}

/** Makes the folders of a path that are missing, each only in one that is trusted. */
function makeMissing({ root, path }: TrustedPath): void {
  if (path === root || existsSync(path)) return;
  makeMissing({ root, path: dirname(path) });
  requireTrustedFolder({ root, path: dirname(path) });
  mkdirSync(path, { recursive: true, mode: 0o700 });
}
