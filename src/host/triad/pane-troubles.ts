import { messageOf } from '../../base/errors.js';
import type { EventKind, NewHostEvent } from '../../base/host-event.js';
import type { PaneName } from '../../base/ids.js';
import type { PaneDescription } from '../../base/pane.js';
import { visible } from '../../base/visible.js';
import type { Logger } from '../../log/logger.js';
import { StillRunsError } from './old-runs.js';
import type { Pane } from './pane.js';

export interface PaneTroublesOptions {
  readonly log: Logger;
  readonly record: (
    kind: EventKind,
    what: Pick<NewHostEvent, 'text' | 'facts'>,
    pane: PaneName,
  ) => void;
  readonly onPaneChanged: (pane: PaneDescription) => void;
}

/** Tells once of each trouble with a keeper or its socket. */
export class PaneTroubles {
  readonly #options: PaneTroublesOptions;

  constructor(options: PaneTroublesOptions) {
    this.#options = options;
  }

  /** Tells that a pane cannot be supervised now; that is tried again. */
  unreachable(pane: Pane, error: unknown): void {
    const why = visible(messageOf(error));
    const unreachable = `${pane.name} is unreachable, what runs in it goes on unsupervised: ${why}; it is tried again, and killing its keeper starts it anew`;
    const text = error instanceof StillRunsError ? why : unreachable;
    this.#failed(pane, text, { error, part: 'keeper' });
  }

  /** Tells that the socket of a pane's keeper was removed, replaced or opened to others. */
  keeperSocket(pane: Pane | undefined, fault: string, isMended: boolean): void {
    // A pane without a keeper is being repaired as a whole.
    if (pane === undefined || pane.id === null) return;
    const { name } = pane;
    if (!isMended) {
      const text = `socket of the keeper of ${name} ${fault} and cannot be made again: it is led until Triad stops, and unreachable then`;
      return this.#failed(pane, text, { part: 'keeper socket' });
    }
    const text = `socket of the keeper of ${name} ${fault}, and was made again`;
    this.#options.log.warn({ pane: name, reason: fault }, 'socket of a keeper made again');
    this.#options.record('part-mended', { text, facts: { part: 'keeper socket' } }, name);
  }

  #failed(pane: Pane, text: string, facts: { part: string; error?: unknown }): void {
    if (!pane.setTrouble(text)) return;
    this.#options.log.error({ ...facts, pane: pane.name }, 'pane not repaired');
    this.#options.record('part-failed', { text, facts: { part: facts.part } }, pane.name);
    this.#options.onPaneChanged(pane.describe());
  }
}
