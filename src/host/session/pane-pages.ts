import type { HistoryPage, HistoryRequest } from '../../base/history-page.js';
import type { SearchedPages, SearchRequest } from '../../base/history-search.js';
import type { LoopShare } from '../../base/loop-share.js';
import type { CaptureRequest } from '../../base/pane.js';
import { Throttle } from '../../base/throttle.js';
import { Turns } from '../../base/turns.js';
import type { Logger } from '../../log/logger.js';
import { searchHistory } from '../tmux/history-search.js';
import { captureHistory, type PaneTarget } from '../tmux/pane-history.js';
import { capturePane } from '../tmux/pane-text.js';
import type { TmuxServer } from '../tmux/tmux-server.js';

/** Limits of history pages: each blocks the tmux server, and so everybody, while it is captured. */
const MAX_HISTORY_AT_ONCE = 2;
const MAX_HISTORY_WAITING = 64;
/** Limits of captures: each holds up to a whole scrollback, and half of tmux's time while it runs. */
const MAX_CAPTURES_AT_ONCE = 1;
const MAX_CAPTURES_WAITING = 16;
const MINUTE_MS = 60_000;

export interface PanePagesOptions {
  readonly server: TmuxServer;
  /** The share of the event loop that all requests have together; these take the turns of `owner`. */
  readonly share: LoopShare;
  readonly owner: string;
  readonly log: Logger;
}

/** Reads history and captures of a session's panes on request: few at a time, in slices, and bounded. */
export class PanePages {
  readonly #options: PanePagesOptions;
  readonly #histories = new Turns({
    maxAtOnce: MAX_HISTORY_AT_ONCE,
    maxWaiting: MAX_HISTORY_WAITING,
    onRefused: () => this.#refused('page of history refused, too many wait'),
  });
  readonly #captures = new Turns({
    maxAtOnce: MAX_CAPTURES_AT_ONCE,
    maxWaiting: MAX_CAPTURES_WAITING,
    onRefused: () => this.#refused('capture refused, too many wait'),
  });
  readonly #refusals = new Throttle({
    ...{ max: 1, windowMs: MINUTE_MS },
    now: () => performance.now(),
  });

  constructor(options: PanePagesOptions) {
    this.#options = options;
  }

  history(target: PaneTarget, request: HistoryRequest): Promise<HistoryPage> {
    const { server, share, owner } = this.#options;
    return this.#histories.take(() =>
      share.during(owner, (slices) => captureHistory(server, target, { ...request, slices })),
    );
  }

  search(target: PaneTarget, request: SearchRequest): Promise<SearchedPages> {
    const { server, share, owner } = this.#options;
    return this.#histories.take(() =>
      share.during(owner, (slices) => searchHistory(server, target, { ...request, slices })),
    );
  }

  capture(target: PaneTarget, request: CaptureRequest): Promise<readonly string[]> {
    const { server, share, owner } = this.#options;
    return this.#captures.take(() =>
      share.during(owner, (slices) => capturePane(server, target, { ...request, slices })),
    );
  }

  #refused(message: string): void {
    this.#refusals.write((leftOut) => this.#options.log.warn(leftOut, message));
  }
}
