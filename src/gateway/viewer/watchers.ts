import type { SessionName } from '../../base/ids.js';
import type { Presence } from '../../base/presence.js';
import { rowsFor } from '../mirror/captured-rows.js';
import { Mirrors, type MirrorsOptions } from '../mirror/mirrors.js';
import type { Watcher, WatchRequest } from '../mirror/watching.js';
import { PacedHistory } from './history-pages.js';
import { LiveWatcher } from './live-watcher.js';
import { PanePolls } from './pane-polls.js';

/** What the observers of a session share beside its mirror. */
interface Watched {
  readonly polls: PanePolls;
  readonly pages: PacedHistory;
}

/** Everybody who watches: their terminals are kept in step with a mirror, and their keys with a viewer. */
export class Watchers {
  readonly #options: MirrorsOptions;
  readonly #mirrors: Mirrors;
  /** One entry for each configured session at most. */
  readonly #sessions = new Map<SessionName, Watched>();

  constructor(options: MirrorsOptions) {
    this.#options = options;
    this.#mirrors = new Mirrors(options);
  }

  /** @throws whatever the source throws when the session cannot be mirrored. */
  async watch(request: WatchRequest): Promise<Watcher> {
    const { log, share } = this.#options;
    const { polls, pages } = this.#watched(request.session);
    const lines = pages.of(request.engineer);
    const columns = () => this.#mirrors.columnsOf(request.session);
    const watcher = new LiveWatcher({ request, log, share, polls, lines, columns });
    await watcher.open(this.#mirrors);
    return watcher;
  }

  /** Who is there now, for everybody who watches. */
  showPresence(session: SessionName, presence: Presence): void {
    this.#mirrors.showPresence(session, presence);
  }

  #watched(session: SessionName): Watched {
    const known = this.#sessions.get(session);
    if (known !== undefined) return known;
    const { sourceOf, share } = this.#options;
    const columns = () => this.#mirrors.columnsOf(session);
    const source = sourceOf(session);
    const polls = new PanePolls((pane) => ({
      history: (request) => source.history(pane, request),
      rowsOf: (lines, cols) =>
        rowsFor({ share, owner: `panes of ${session}`, columns: columns() }, lines, cols),
    }));
    const made = { polls, pages: new PacedHistory(source) };
    this.#sessions.set(session, made);
    return made;
  }
}
