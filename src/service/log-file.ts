import { basename } from 'node:path';
import { AppendFile } from '../base/append-file.js';
import type { Disposal } from '../base/disposal.js';
import { messageOf, UnavailableError } from '../base/errors.js';
import type { Part } from '../base/part.js';
import { WrittenPart } from '../base/written-part.js';
import type { Home } from '../config/home.js';
import { type Logger, type LogLevel, openLogger } from '../log/logger.js';
import { openDirectory, written } from './writable.js';

const MAX_FILE_BYTES = 16 * 1024 * 1024;
const MAX_OLD_FILES = 4;

interface LogFile {
  readonly log: Logger;
  /** To be watched: what could not be written of it is told. */
  readonly part: Part;
  close(): void;
}

/**
 * The log of a program that runs in a home. A machine that has run out of something keeps nobody from
 * starting: of a log only what is missing is told, once that is possible.
 *
 * @throws ConfigurationError that names the file that cannot be written.
 */
export function openHomeLog(
  home: Home,
  { path, level }: { readonly path: string; readonly level: LogLevel },
  disposal: Disposal,
): Pick<LogFile, 'log' | 'part'> {
  openDirectory({ root: home.root, path: home.state });
  const logFile = written(path, () => openLogFile(path, level));
  disposal.defer(() => logFile.close());
  return logFile;
}

/** @throws the system's error when the file cannot be written. */
function openLogFile(path: string, level: LogLevel): LogFile {
  const file = new AppendFile({ path, maxBytes: MAX_FILE_BYTES, maxOldFiles: MAX_OLD_FILES });
  let lost = 0;
  let problem: unknown;
  // A log that fails stops nothing, and tells how much of it is missing once it is written again.
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
  const part = new WrittenPart(`log (${basename(path)})`, () => {
    tellLost();
    if (problem !== undefined) throw new UnavailableError(messageOf(problem), { cause: problem });
  });
  return { log, part, close: () => file.close() };
}
