import { type DestinationStream, type Logger as PinoLogger, pino } from 'pino';

/**
 * Owns the logger, the field names and the redaction. Promises one JSON object per line with a
 * constant message and the facts in fields. It must never get terminal bytes or secrets to print.
 */
export type Logger = PinoLogger;

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

export interface LoggerOptions {
  readonly level: LogLevel;
  readonly destination: DestinationStream;
}

/** Opens a logger that writes to `destination`; times are ISO 8601 UTC in `time`. */
export function openLogger(options: LoggerOptions): Logger {
  return pino(
    {
      level: options.level,
      base: null,
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { error: describeError },
    },
    options.destination,
  );
}

/** Name, code and texts of an error and its causes: what an operator needs, without the stack. */
function describeError(thrown: unknown): unknown {
  if (!(thrown instanceof Error)) return String(thrown);
  return {
    name: thrown.name,
    message: thrown.message,
    ...('code' in thrown ? { code: thrown.code } : {}),
    ...(thrown.cause === undefined ? {} : { cause: describeError(thrown.cause) }),
  };
}
