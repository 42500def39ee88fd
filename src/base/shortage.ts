import { messageOf, systemCode } from './errors.js';
import { visible } from './visible.js';

const DISK = 'make room there';
const DESCRIPTORS = 'raise the limit (ulimit -n, LimitNOFILE=) and start again';
const PROCESSES = 'end what uses them, or raise the limit (ulimit -u, TasksMax=)';

interface Shortage {
  /** What has run out, for people. */
  readonly words: string;
  /** What to do about it. */
  readonly hint: string;
}

/** What a machine may run out of at any time, by the code of the system's error (errno(3)). */
const SHORTAGES: ReadonlyMap<string, Shortage> = new Map([
  ['EMFILE', { words: 'this process has no file descriptor left (EMFILE)', hint: DESCRIPTORS }],
  ['ENFILE', { words: 'this machine has no file descriptor left (ENFILE)', hint: DESCRIPTORS }],
  ['EAGAIN', { words: 'no process may be started any more (EAGAIN)', hint: PROCESSES }],
  ['ENOMEM', { words: 'there is no memory left (ENOMEM)', hint: 'end what uses it' }],
  ['ENOSPC', { words: 'no space is left on the disk (ENOSPC)', hint: DISK }],
  ['EDQUOT', { words: 'the quota of this user is used up (EDQUOT)', hint: DISK }],
  ['EFBIG', { words: 'the file may not grow (EFBIG)', hint: 'raise ulimit -f' }],
  ['EROFS', { words: 'the disk is read-only (EROFS)', hint: 'mount it to be written' }],
]);

/**
 * What has run out, where `error` or its cause says so. Nothing is given up for a shortage: it is
 * tried again.
 */
export function findShortage(error: unknown): Shortage | undefined {
  const found = SHORTAGES.get(systemCode(error) ?? '');
  if (found !== undefined || !(error instanceof Error) || error.cause === undefined) return found;
  return findShortage(error.cause);
}

/** Why something failed, for people: what has run out, or else what the error says. */
export function reasonOf(error: unknown): string {
  return findShortage(error)?.words ?? visible(messageOf(error));
}
