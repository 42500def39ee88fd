import type { TerminalSize } from '../../src/base/terminal-size.js';
import type { Grid } from '../../src/gateway/mirror/grid.js';
import type { ObserverDisplay } from '../../src/gateway/mirror/observer-display.js';
import type { Composer, SharedScreen } from '../../src/gateway/mirror/shared-screen.js';
import type { ObserverTerminal } from '../../src/gateway/mirror/watching.js';
import { eventually } from './eventually.js';
import { WatchedScreen } from './watched-screen.js';

/** Somebody who watches, on a terminal of their own. */
export class FakeObserver implements Disposable {
  readonly terminal: FakeTerminal;
  readonly composer: CornerComposer;
  display: ObserverDisplay | undefined;

  constructor(size: TerminalSize) {
    this.terminal = new FakeTerminal(size);
    this.composer = new CornerComposer(size);
  }

  get skippedFrames(): number {
    return this.display?.skippedFrames ?? 0;
  }

  /**
   * Where the terminal shows something else than what was composed last; empty where it does not.
   */
  get differences(): readonly string[] {
    const { composed } = this.composer;
    return composed === undefined
      ? ['nothing composed']
      : this.terminal.screen.differences(composed);
  }

  async shows(text: string): Promise<void> {
    const seen = () =>
      this.composer.composed?.rows.map((row) => row.glyphs.join('')).join('\n') ?? '';
    await eventually(
      `the screen shows ${text}`,
      () => seen().includes(text) && this.differences.length === 0,
      () => `${seen()}\n${this.differences.join('\n')}`,
    );
  }

  [Symbol.dispose](): void {
    this.display?.close();
    this.terminal[Symbol.dispose]();
  }
}

/** A client whose terminal takes what it gets when the test lets it. */
export class FakeTerminal implements ObserverTerminal, Disposable {
  readonly screen: WatchedScreen;
  isSlow = false;
  frames = 0;
  /** How often the terminal's bell was rung. */
  bells = 0;
  mostUnconsumed = 0;
  #unconsumed: Uint8Array[] = [];
  #listener: () => void = () => undefined;

  constructor(size: TerminalSize) {
    this.screen = new WatchedScreen(size);
  }

  write(bytes: Uint8Array): void {
    if (bytes.length === 1 && bytes[0] === 0x07) {
      this.bells += 1;
      return;
    }
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
