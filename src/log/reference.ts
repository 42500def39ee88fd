import { randomBytes } from 'node:crypto';
import type { Logger } from './logger.js';

/**
 * Logs a failure that people are told nothing of but a reference.
 *
 * @returns the reference, by which an operator finds it in the log.
 */
export function logReferenced(log: Logger, facts: object, message: string): string {
  const reference = randomBytes(4).toString('hex');
  log.error({ ...facts, reference }, message);
  return reference;
}
