import { type Logger, openLogger } from '../../src/log/logger.js';

/** A log that nobody reads. */
export function quietLog(): Logger {
  return openLogger({ level: 'error', destination: { write: () => undefined } });
}
