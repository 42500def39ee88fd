import { AppendFile } from '../base/append-file.js';
import type { Disposal } from '../base/disposal.js';
import type { Home } from '../config/home.js';
import { type Logger, type LogLevel, openLogger } from '../log/logger.js';
import { openDirectory, written } from './writable.js';

const MAX_FILE_BYTES = 16 * 1024 * 1024;
const MAX_OLD_FILES = 4;

interface LogFile {
  readonly log: Logger;
  close(): void;
}

/**
 * The log of a program that runs in a home.
 *
 * @throws ConfigurationError that names the file that cannot be written.
 */
export function openHomeLog(
  home: Home,
  { path, level }: { readonly path: string; readonly level: LogLevel },
  disposal: Disposal,
): Logger {
  openDirectory({ root: home.root, path: home.state });
  const logFile = written(path, () => openLogFile(path, level));
  disposal.defer(() => logFile.close());
  return logFile.log;
}

/** @throws the system's error when the file cannot be written. */
function openLogFile(path: string, level: LogLevel): LogFile {
  const file = new AppendFile({ path, maxBytes: MAX_FILE_BYTES, maxOldFiles: MAX_OLD_FILES });
  let lost = 0;
  // A log that fails stops nothing, and tells how much of it is missing once it is written again.
  const write = (line: string) => {
    try {
      file.append(line);
    } catch {
      lost += 1;
      return;
    }
    const count = lost;
    lost = 0;
    if (count > 0) log.warn({ count }, 'lines of this log could not be written before this one');
  };
  const log = openLogger({ level, destination: { write } });
  return { log, close: () => file.close() };
}
