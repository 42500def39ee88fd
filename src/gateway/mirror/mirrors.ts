import type { ColumnRules } from '../../base/columns.js';
import type { SessionName } from '../../base/ids.js';
import type { LoopShare } from '../../base/loop-share.js';
import { NOBODY, type Presence } from '../../base/presence.js';
import type { Logger } from '../../log/logger.js';
import { Mirror } from './mirror.js';
import type { MirrorSource } from './mirror-source.js';
import type { ObserverDisplay } from './observer-display.js';
import type { Composer } from './shared-screen.js';
import type { WatchRequest } from './watching.js';

export interface MirrorsOptions {
  /** The share of the event loop that all who watch or ask have together. */
  readonly share: LoopShare;
  readonly sourceOf: (session: SessionName) => MirrorSource;
  readonly log: Logger;
}

/** The mirrors of all sessions that are watched; a session nobody watches has none. */
export class Mirrors {
  readonly #options: MirrorsOptions;
  readonly #mirrors = new Map<SessionName, Mirror>();
  /** One entry for each configured session at most. */
  readonly #presences = new Map<SessionName, Presence>();

  constructor(options: MirrorsOptions) {
    this.#options = options;
  }

  /** Says who is there; each change comes as a new object. */
  showPresence(session: SessionName, presence: Presence): void {
    this.#presences.set(session, presence);
    const mirror = this.#mirrors.get(session);
    if (mirror !== undefined) mirror.presence = presence;
  }

  /** How the tmux of a session that is watched counts columns. */
  columnsOf(session: SessionName): ColumnRules | undefined {
    return this.#mirrors.get(session)?.columns;
  }

  /**
   * Keeps a terminal in step with the session. What the terminal has to get first must have been
   * written, since the first frame may come before this resolves.
   *
   * @throws whatever the source throws when the session cannot be mirrored.
   */
  async watch(
    { session, terminal }: Pick<WatchRequest, 'session' | 'terminal'>,
    composer: Composer,
  ): Promise<ObserverDisplay> {
    const mirror = this.#mirrors.get(session) ?? this.#create(session);
    const display = mirror.watch(terminal, composer);
    await mirror.open();
    return display;
  }

  #create(session: SessionName): Mirror {
    const { sourceOf, log, share } = this.#options;
    const mirror = new Mirror({
      ...{ session, share, log },
      source: sourceOf(session),
      presence: this.#presences.get(session) ?? NOBODY,
      onClose: () => this.#mirrors.delete(session),
    });
    this.#mirrors.set(session, mirror);
    return mirror;
  }
}
