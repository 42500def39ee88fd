import type { Environment } from '../config/environment.js';
import type { Home } from '../config/home.js';
import type { LogLevel } from '../log/logger.js';

/** The options of every start, be it of the host, the gateway or both. */
export interface StartOptions {
  readonly home: Home;
  readonly environment: Environment;
  /** Where the person who starts it is. */
  readonly cwd: string;
  readonly logLevel: LogLevel;
  /** Tells the person who waits what is being done. */
  readonly onStep: (step: string) => void;
  /** Aborted where somebody asks for a stop before the start has come to its end. */
  readonly stop: AbortSignal;
}
