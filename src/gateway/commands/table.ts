import type { PaneAction, PaneRequest } from '../../base/pane.js';
import { capture } from './capture.js';
import { down } from './down.js';
import { events } from './events.js';
import { grant } from './grant.js';
import { grants } from './grants.js';
import { keys } from './keys.js';
import { kick } from './kick.js';
import { logs } from './logs.js';
import { restart, start, stop } from './panes.js';
import { reload } from './reload.js';
import { revoke } from './revoke.js';
import { send } from './send.js';
import { signal } from './signal.js';
import { status } from './status.js';
import type { Verb } from './verb.js';
import { watch } from './watch.js';
import { who } from './who.js';

/** What can be asked of a pane or done to it, and the verb that does: one that has none does not compile. */
const PANE_VERBS = {
  ...{ capture, send, keys, start, stop, restart, signal },
} satisfies Record<PaneRequest['verb'] | PaneAction, Verb>;

/**
 * Owns the verbs: this table has every one there is, and all ways in read it and no other. Promises that a verb is
 * the same code behind the same permission check wherever it comes from. It must never open what a caller names.
 */
export const VERBS: readonly Verb[] = [
  ...new Set<Verb>([
    ...[status, who, watch, capture, logs, events],
    ...Object.values(PANE_VERBS),
    ...[grants, grant, revoke, kick, reload, down],
  ]),
];
