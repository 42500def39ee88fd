import type { HistoryPage } from '../../src/base/history-page.js';
import type { SearchedPages } from '../../src/base/history-search.js';
import type { TerminalSize } from '../../src/base/terminal-size.js';
import type { MirrorSink, View, ViewEnd } from '../../src/base/view.js';
import type { WindowLayout } from '../../src/base/window-layout.js';
import type { FeedEnd, MirrorSource } from '../../src/gateway/mirror/mirror-source.js';

export function layoutOf(size: TerminalSize): WindowLayout {
  return { size, isZoomed: false, panes: [] };
}

/** A host whose mirror brings what the test says. */
export class FakeSource implements MirrorSource {
  /** Set to let the next opening fail. */
  failure: Error | undefined;
  readonly blocked: boolean[] = [];
  opened = 0;
  closed = 0;
  #sink: MirrorSink | undefined;
  #end: (end: ViewEnd) => void = () => undefined;
  readonly #size: TerminalSize;

  constructor(size: TerminalSize) {
    this.#size = size;
  }

  async openMirror(sink: MirrorSink): Promise<View> {
    if (this.failure !== undefined) throw this.failure;
    this.opened += 1;
    this.#sink = sink;
    sink.onLayout(layoutOf(this.#size));
    return {
      ended: new Promise((resolve) => {
        this.#end = resolve;
      }),
      setBlocked: (isBlocked) => this.blocked.push(isBlocked),
      close: () => {
        this.closed += 1;
      },
    };
  }

  async history(): Promise<HistoryPage> {
    throw new Error('nobody asks for history here');
  }

  async search(): Promise<SearchedPages> {
    throw new Error('nobody searches here');
  }

  output(text: string | Uint8Array): void {
    this.#sink?.onOutput(typeof text === 'string' ? Buffer.from(text) : text);
  }

  layout(layout: WindowLayout): void {
    this.#sink?.onLayout(layout);
  }

  end(reason: FeedEnd): void {
    this.#end({ reason, isTerminalRestored: false });
  }
}
