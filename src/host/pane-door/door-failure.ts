import {
  BusyError,
  NotPermittedError,
  RefusedError,
  TriadError,
  UnavailableError,
  UsageError,
} from '../../base/errors.js';
import type { Logger } from '../../log/logger.js';
import { DOOR_FAILURES, type DoorAnswer, type DoorFailure } from './schema.js';

/** The parts of an error that a pane is told; a bug stays in the host's log. */
export function failureOf(error: unknown, log: Logger): DoorFailure {
  if (error instanceof TriadError) {
    const { userMessage, hint } = error;
    const code = DOOR_FAILURES.find((each) => each === error.code);
    if (code !== undefined && userMessage !== undefined) {
      return { code, message: userMessage, ...(hint === undefined ? {} : { hint }) };
    }
  }
  log.error({ error }, 'request at the pane door failed');
  return { code: 'unavailable', message: 'the host failed; its log says why' };
}

const CLASSES = {
  usage: UsageError,
  refused: RefusedError,
  unavailable: UnavailableError,
  busy: BusyError,
  'not-permitted': NotPermittedError,
} as const satisfies Record<(typeof DOOR_FAILURES)[number], unknown>;

/** Reads an answer in the pane: returns its text for standard output, or throws its error. */
export function outputOf(answer: DoorAnswer): string {
  if ('stdout' in answer) return answer.stdout;
  const { code, message, hint } = answer.failure;
  throw new CLASSES[code](message, { hint });
}
