import type { Clock } from '../../base/clock.js';
import type { NewHostEvent } from '../../base/host-event.js';
import type { SessionName } from '../../base/ids.js';
import { PartWatch } from '../../base/part-watch.js';
import type { Logger } from '../../log/logger.js';

export interface PartsOptions {
  readonly clock: Clock;
  readonly log: Logger;
  readonly record: (event: NewHostEvent) => void;
}

/**
 * Watches parts of a host, and puts their failures and repairs on record.
 *
 * @param session is the session that has the parts; null for those of the host as a whole.
 */
export function watchParts(
  { clock, log, record }: PartsOptions,
  session: SessionName | null,
): PartWatch {
  return new PartWatch({
    ...{ clock, log },
    onNews: ({ part, text, isFailure, suppressed = 0 }) => {
      const kind = isFailure ? 'part-failed' : 'part-mended';
      record({ kind, session, pane: null, by: null, text, facts: { part, suppressed } });
    },
  });
}
