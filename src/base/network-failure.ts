import { messageOf, systemCode } from './errors.js';
import { visible } from './visible.js';

const WORDS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'connection reset',
  EHOSTUNREACH: 'no way to the host',
  ENOTFOUND: 'no such host',
  EAI_AGAIN: 'name lookup failed',
  ETIMEDOUT: 'connection timed out',
};

/** Why something could not be reached, for people; never says more of a URL than its host. */
export function networkFailure(error: unknown): string {
  const code = systemCode(error);
  return code === undefined ? visible(messageOf(error), 128) : (WORDS[code] ?? visible(code, 64));
}
