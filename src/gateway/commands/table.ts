import { capture } from './capture.js';
import { down } from './down.js';
import { events } from './events.js';
import { grant } from './grant.js';
import { grants } from './grants.js';
import { keys } from './keys.js';
import { kick } from './kick.js';
import { logs } from './logs.js';
import { reload } from './reload.js';
import { restart } from './restart.js';
import { revoke } from './revoke.js';
import { send } from './send.js';
import { signal } from './signal.js';
import { start } from './start.js';
import { status } from './status.js';
import { stop } from './stop.js';
import type { Verb } from './verb.js';
import { watch } from './watch.js';
import { who } from './who.js';

/**
 * Owns the verbs: this table has every one there is, and all ways in read it and no other. Promises that a verb is
 * the same code behind the same permission check wherever it comes from. It must never open what a caller names.
 */
export const VERBS: readonly Verb[] = [
  status,
  who,
  watch,
  capture,
  logs,
  events,
  send,
  keys,
  start,
  stop,
  restart,
  signal,
  grants,
  grant,
  revoke,
  kick,
  reload,
  down,
];
