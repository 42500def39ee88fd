import type { SessionName } from '../base/ids.js';
import { KeyTurns } from './key-turns.js';
import { LiveWatcher } from './live-watcher.js';
import { Mirrors, type MirrorsOptions } from './mirrors.js';
import type { Presence } from './shared-screen.js';
import type { Watcher, WatchRequest } from './watching.js';

/** Everybody who watches: their terminals are kept in step with a mirror, and their keys with a viewer. */
export class Watchers {
  readonly #options: MirrorsOptions;
  readonly #mirrors: Mirrors;
  readonly #turns = new KeyTurns(() => performance.now());

  constructor(options: MirrorsOptions) {
    this.#options = options;
    this.#mirrors = new Mirrors(options);
  }

  /** @throws whatever the source throws when the session cannot be mirrored. */
  async watch(request: WatchRequest): Promise<Watcher> {
    const { sourceOf, log } = this.#options;
    const source = sourceOf(request.session);
    const watcher = new LiveWatcher({ request, source, log, turns: this.#turns });
    await watcher.open(this.#mirrors);
    return watcher;
  }

  /** Who is there now, for everybody who watches. */
  showPresence(session: SessionName, presence: Presence): void {
    this.#mirrors.showPresence(session, presence);
  }
}
