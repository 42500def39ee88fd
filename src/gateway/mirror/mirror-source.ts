import type { PaneId, PaneName } from '../../base/ids.js';
import type { TerminalSize } from '../../base/terminal-size.js';

/**
 * What the mirror of one session needs from its host; the link offers it under the same names
 * (`src/link/host-link.ts`).
 */
export interface MirrorSource {
  /** @throws UnavailableError when the session is not running; whatever the link throws when it is lost. */
  openMirror(sink: MirrorSink): Promise<MirrorFeed>;
  /** A page of a pane's lines. */
  history(pane: PaneId, request: HistoryRequest): Promise<HistoryPage>;
}

/** Takes what the mirror's view brings, in order. */
export interface MirrorSink {
  readonly onOutput: (bytes: Uint8Array) => void;
  /** Comes before the first output, and then on each change, before the output it is about. */
  readonly onLayout: (layout: WindowLayout) => void;
}

export interface MirrorFeed {
  /** Settles once, after the last output. */
  readonly ended: Promise<{ readonly reason: FeedEnd }>;
  /** While blocked the host drops output; unblocking brings one full repaint. */
  setBlocked(isBlocked: boolean): void;
  close(): void;
}

export type FeedEnd = 'detached' | 'session-ended' | 'closed' | 'failed' | 'lost';

/** The window that the drivers look at, and the panes of the whole session. */
export interface WindowLayout {
  /** The exact size of the window, and of the mirror's terminal. */
  readonly size: TerminalSize;
  readonly isZoomed: boolean;
  /** As people count them: the order is window by window, as tmux numbers them. */
  readonly panes: readonly LayoutPane[];
}

export interface LayoutPane {
  readonly id: PaneId;
  /** As configured; null for one that somebody opened. */
  readonly name: PaneName | null;
  /** Whether it is where a driver types now. */
  readonly isActive: boolean;
  /** Its place on the window that is shown; null in another window or behind a zoomed pane. */
  readonly place: Place | null;
}

/** In cells from the top left corner of the window, 0,0. */
export interface Place extends TerminalSize {
  readonly col: number;
  readonly row: number;
}

/** Lines count from the top of what the pane shows now: 0 is its first, -1 the last that scrolled off. */
export interface HistoryRequest {
  readonly firstLine: number;
  /** 1 to 500. */
  readonly count: number;
}

export interface HistoryPage {
  /** Of `lines`, which may start later than asked for: there are no older ones. */
  readonly firstLine: number;
  /** With SGR sequences; without the blanks at their ends, and each as wide as the pane at most. */
  readonly lines: readonly string[];
  /** How many lines have scrolled off and are kept. */
  readonly historySize: number;
  /** Of the pane, when the page was taken. */
  readonly size: TerminalSize;
}
