import type { TerminalSize } from '../../src/base/terminal-size.js';
import type { Grid } from '../../src/mirror/grid.js';
import type {
  FeedEnd,
  HistoryPage,
  MirrorFeed,
  MirrorSink,
  MirrorSource,
  WindowLayout,
} from '../../src/mirror/mirror-source.js';
import type { Composer, SharedScreen } from '../../src/mirror/shared-screen.js';
import type { ObserverTerminal } from '../../src/mirror/watching.js';
import { WatchedScreen } from './watched-screen.js';

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
  #end: (end: { readonly reason: FeedEnd }) => void = () => undefined;
  readonly #size: TerminalSize;

  constructor(size: TerminalSize) {
    this.#size = size;
  }

  async openMirror(sink: MirrorSink): Promise<MirrorFeed> {
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

  output(text: string | Uint8Array): void {
    this.#sink?.onOutput(typeof text === 'string' ? Buffer.from(text) : text);
  }

  layout(layout: WindowLayout): void {
    this.#sink?.onLayout(layout);
  }

  end(reason: FeedEnd): void {
    this.#end({ reason });
  }
}

/** A client whose terminal takes what it gets when the test lets it. */
export class FakeTerminal implements ObserverTerminal, Disposable {
  readonly screen: WatchedScreen;
  isSlow = false;
  frames = 0;
  mostUnconsumed = 0;
  #unconsumed: Uint8Array[] = [];
  #listener: () => void = () => undefined;

  constructor(size: TerminalSize) {
    this.screen = new WatchedScreen(size);
  }

  write(bytes: Uint8Array): void {
    this.frames += 1;
    this.#unconsumed.push(bytes);
    this.mostUnconsumed = Math.max(this.mostUnconsumed, this.unconsumedBytes());
    if (!this.isSlow) void this.consume();
  }

  unconsumedBytes(): number {
    return this.#unconsumed.reduce((sum, bytes) => sum + bytes.length, 0);
  }

  onConsumed(listener: () => void): void {
    this.#listener = listener;
  }

  /** Takes everything that waits. */
  async consume(): Promise<void> {
    const bytes = Buffer.concat(this.#unconsumed);
    this.#unconsumed = [];
    await this.screen.write(bytes);
    this.#listener();
  }

  [Symbol.dispose](): void {
    this.screen[Symbol.dispose]();
  }
}

/** Shows the upper left corner of the shared screen, in a size that the test may change. */
export class CornerComposer implements Composer {
  size: TerminalSize;
  composed: Grid | undefined;
  shared: SharedScreen | undefined;

  constructor(size: TerminalSize) {
    this.size = size;
  }

  compose(shared: SharedScreen): Grid {
    const key = `${this.size.cols}x${this.size.rows}`;
    const grid = shared.composed.get(key) ?? corner(shared.screen, this.size);
    shared.composed.set(key, grid);
    this.shared = shared;
    this.composed = grid;
    return grid;
  }
}

function corner({ rows, cursor }: Grid, size: TerminalSize): Grid {
  const { cols } = size;
  const cut = Array.from({ length: size.rows }, (_, index) => {
    const glyphs = Array.from({ length: cols }, (_glyph, col) => rows[index]?.glyphs[col] ?? ' ');
    const styles = Array.from({ length: cols }, (_style, col) => rows[index]?.styles[col] ?? '');
    if (rows[index]?.glyphs[cols] === '') glyphs[cols - 1] = ' ';
    return { glyphs, styles };
  });
  const isInside = cursor !== null && cursor.col < cols && cursor.row < size.rows;
  return { cols, rows: cut, cursor: isInside ? cursor : null };
}
