import type { SessionName } from '../base/ids.js';
import { rowsOf } from './captured-rows.js';
import { Glimpses } from './glimpses.js';
import { KeyTurns } from './key-turns.js';
import { LiveWatcher } from './live-watcher.js';
import { Mirrors, type MirrorsOptions } from './mirrors.js';
import type { Presence } from './shared-screen.js';
import type { Watcher, WatchRequest } from './watching.js';

/** Everybody who watches: their terminals are kept in step with a mirror, and their keys with a viewer. */
export class Watchers {
  readonly #options: MirrorsOptions;
  readonly #mirrors: Mirrors;
  /** One entry for each configured session at most. */
  readonly #glimpses = new Map<SessionName, Glimpses>();
  readonly #turns = new KeyTurns(() => performance.now());

  constructor(options: MirrorsOptions) {
    this.#options = options;
    this.#mirrors = new Mirrors(options);
  }

  /** @throws whatever the source throws when the session cannot be mirrored. */
  async watch(request: WatchRequest): Promise<Watcher> {
    const { sourceOf, log } = this.#options;
    const source = sourceOf(request.session);
    const glimpses = this.#glimpsesOf(request.session);
    const watcher = new LiveWatcher({ request, source, log, glimpses, turns: this.#turns });
    await watcher.open(this.#mirrors);
    return watcher;
  }

  /** Who is there now, for everybody who watches. */
  showPresence(session: SessionName, presence: Presence): void {
    this.#mirrors.showPresence(session, presence);
  }

  #glimpsesOf(session: SessionName): Glimpses {
    const known = this.#glimpses.get(session);
    if (known !== undefined) return known;
    const source = this.#options.sourceOf(session);
    const made = new Glimpses((pane) => ({
      history: (request) => source.history(pane, request),
      rowsOf,
    }));
    this.#glimpses.set(session, made);
    return made;
  }
}
