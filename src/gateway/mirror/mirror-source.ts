import type { HistoryPage, HistoryRequest } from '../../base/history-page.js';
import type { SearchedPages, SearchRequest } from '../../base/history-search.js';
import type { PaneId } from '../../base/ids.js';
import type { MirrorSink, View, ViewEnd } from '../../base/view.js';

/**
 * What the mirror of one session needs from its host; the link offers it under the same names
 * (`src/link/host-link.ts`).
 */
export interface MirrorSource {
  /** @throws UnavailableError when the session is not running; whatever the link throws when it is lost. */
  openMirror(sink: MirrorSink): Promise<View>;
  /** A page of a pane's lines. */
  history(pane: PaneId, request: HistoryRequest): Promise<HistoryPage>;
  /** Searches some pages of them. */
  search(pane: PaneId, request: SearchRequest): Promise<SearchedPages>;
}

/** What there is to read of a session's panes. */
export type PaneLines = Pick<MirrorSource, 'history' | 'search'>;

export type FeedEnd = ViewEnd['reason'];
