import {
  BusyError,
  ConfigurationError,
  InvariantError,
  RefusedError,
  TriadError,
  UnavailableError,
  UsageError,
} from '../base/errors.js';
import type { Logger } from '../log/logger.js';
import { logReferenced } from '../log/reference.js';
import type { Failure } from './schema.js';

/** The errors that callers of the link tell apart or show to people; all others are bugs to them. */
const CLASSES = {
  usage: UsageError,
  refused: RefusedError,
  unavailable: UnavailableError,
  busy: BusyError,
  configuration: ConfigurationError,
} as const;

function isTold(code: string): code is keyof typeof CLASSES {
  return Object.hasOwn(CLASSES, code);
}

/** The parts of an error that cross the link; a bug stays in the host's log, under a reference. */
export function failureOf(error: unknown, log: Logger): Failure {
  if (error instanceof TriadError && isTold(error.code)) {
    const { code, message, userMessage, hint } = error;
    return {
      ...{ code, message },
      ...(userMessage === undefined ? {} : { userMessage }),
      ...(hint === undefined ? {} : { hint }),
      ...(error instanceof ConfigurationError ? { problems: [...error.problems] } : {}),
    };
  }
  const reference = logReferenced(log, { error }, 'call over the link failed');
  return { code: 'internal', message: `the host failed (its log has reference ${reference})` };
}

/** Makes the error again on the gateway's side. */
export function errorOf({ code, message, problems, userMessage, hint }: Failure): TriadError {
  const texts = { userMessage, hint };
  if (!isTold(code)) return new InvariantError(message, texts);
  if (code === 'configuration') return new ConfigurationError(problems ?? message, texts);
  return new CLASSES[code](message, texts);
}
