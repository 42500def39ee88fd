import type { IBuffer, Terminal } from '@xterm/headless';
import type { ColumnRules } from '../../base/columns.js';
import type { TerminalSize } from '../../base/terminal-size.js';
import { createEmulator, emulatorSize } from './emulator.js';
import type { Grid, Row } from './grid.js';
import { RowReader } from './row-reader.js';
import { isSameScreen } from './shared-screen.js';

export interface ScreenModelOptions {
  readonly size: TerminalSize;
  /** How the session's tmux counts columns; where left out, as tmux 3.3 does. */
  readonly columns?: ColumnRules | undefined;
  /** The bell of the session's terminal was rung. */
  readonly onBell?: (() => void) | undefined;
  /** The screen may have changed. */
  readonly onChange: () => void;
  /** Whether more waits to be parsed than should: then nothing more should be written. */
  readonly onPressure: (isHigh: boolean) => void;
}

/** What may wait to be parsed before the feed is blocked; it takes the emulator about 60 ms. */
const HIGH_BYTES = 1024 * 1024;
const LOW_BYTES = 256 * 1024;
/** Longest that an update may hold the screen back; one that takes longer was left unfinished. */
const MAX_UPDATE_MS = 100;
/** DEC private modes: a visible cursor, and an update that belongs together. */
const CURSOR_MODE = 25;
const UPDATE_MODE = 2026;
/** DECSCUSR (xterm's control sequences): blinking and steady block, underline, bar. */
const MAX_CURSOR_SHAPE = 6;

/** The screen that a stream of terminal output makes. It never answers anything. */
export class ScreenModel {
  readonly #options: ScreenModelOptions;
  readonly #terminal: Terminal;
  readonly #reader: RowReader;
  #size: TerminalSize;
  #isCursorHidden = false;
  /** 0: the terminal's own. */
  #cursorShape = 0;
  #waitingBytes = 0;
  #isPressureHigh = false;
  #onWhole: (() => void) | undefined;
  #updateLimit: NodeJS.Timeout | undefined;
  #isClosed = false;
  #newest: Grid = { cols: 0, rows: [], cursor: null };
  /** The hashes of the newest snapshot's rows, in their order. */
  #hashes: readonly number[] = [];

  constructor(options: ScreenModelOptions) {
    this.#options = options;
    this.#size = options.size;
    this.#terminal = createEmulator(options.size, options.columns);
    this.#reader = new RowReader(this.#terminal.buffer.active);
    this.#observeModes();
    this.#terminal.onBell(() => options.onBell?.());
  }

  /** What `onPressure` said last. */
  get isPressureHigh(): boolean {
    return this.#isPressureHigh;
  }

  /**
   * Takes output, which is parsed a little later, in order. The bytes must not be modified
   * afterwards.
   */
  write(bytes: Uint8Array): void {
    if (this.#isClosed) return;
    this.#waitingBytes += bytes.length;
    this.#watchPressure();
    this.#terminal.write(bytes, () => {
      this.#waitingBytes -= bytes.length;
      this.#watchPressure();
      if (!this.#isClosed) this.#options.onChange();
    });
  }

  /** Changes the size, and calls `onResized`, once all that was written before is parsed. */
  resize(size: TerminalSize, onResized: () => void): void {
    if (this.#isClosed) return;
    this.#terminal.write('', () => {
      if (this.#isClosed) return;
      const { cols, rows } = emulatorSize(size);
      this.#size = size;
      this.#terminal.resize(cols, rows);
      onResized();
    });
  }

  /**
   * Calls `take` when the screen is in one piece: at once, or at the end of the update that is being
   * drawn (mode 2026), or 100 ms later. A later call replaces one that still waits.
   */
  whenWhole(take: () => void): void {
    if (!this.#terminal.modes.synchronizedOutputMode) {
      take();
      return;
    }
    this.#onWhole = take;
    this.#updateLimit ??= setTimeout(() => this.#endUpdate(), MAX_UPDATE_MS);
  }

  /** The screen now; rows that were on the one before are the same objects, and so is an equal screen. */
  snapshot(): Grid {
    const { cols, rows } = this.#size;
    const { active } = this.#terminal.buffer;
    const before = this.#rowsByHash(cols);
    const hashes: number[] = [];
    const read = Array.from({ length: rows }, (_, index) => {
      const position = { buffer: active, y: active.baseY + index, cols };
      const { row, hash } = this.#reader.read(position, this.#finder(before, index));
      hashes.push(hash);
      return row;
    });
    this.#hashes = hashes;
    const screen = { cols, rows: read, cursor: this.#cursor(active) };
    if (!isSameScreen(screen, this.#newest)) this.#newest = screen;
    return this.#newest;
  }

  /** Idempotent; nothing is called afterwards. */
  close(): void {
    this.#isClosed = true;
    this.#onWhole = undefined;
    clearTimeout(this.#updateLimit);
    this.#terminal.dispose();
  }

  /** xterm.js tells neither how the cursor is shown nor when an update ends. */
  #observeModes(): void {
    const { parser } = this.#terminal;
    parser.registerCsiHandler({ prefix: '?', final: 'h' }, (modes) => {
      if (modes.includes(CURSOR_MODE)) this.#isCursorHidden = false;
      return false;
    });
    parser.registerCsiHandler({ prefix: '?', final: 'l' }, (modes) => {
      if (modes.includes(CURSOR_MODE)) this.#isCursorHidden = true;
      if (modes.includes(UPDATE_MODE)) this.#endUpdate();
      return false;
    });
    parser.registerCsiHandler({ intermediates: ' ', final: 'q' }, ([shape]) => {
      if (typeof shape === 'number' && shape <= MAX_CURSOR_SHAPE) this.#cursorShape = shape;
      return false;
    });
    parser.registerEscHandler({ final: 'c' }, () => {
      this.#isCursorHidden = false;
      this.#cursorShape = 0;
      return false;
    });
  }

  #watchPressure(): void {
    const isHigh = this.#waitingBytes > (this.#isPressureHigh ? LOW_BYTES : HIGH_BYTES);
    if (isHigh === this.#isPressureHigh || this.#isClosed) return;
    this.#isPressureHigh = isHigh;
    this.#options.onPressure(isHigh);
  }

  #endUpdate(): void {
    clearTimeout(this.#updateLimit);
    this.#updateLimit = undefined;
    const take = this.#onWhole;
    this.#onWhole = undefined;
    take?.();
  }

  #rowsByHash(cols: number): ReadonlyMap<number, Row> {
    const { rows, cols: colsBefore } = this.#newest;
    if (colsBefore !== cols) return new Map();
    return new Map(rows.map((row, index) => [this.#hashes[index] ?? 0, row]));
  }

  /** Finds a row where it was before, or, since the screen may have scrolled, anywhere on it. */
  #finder(before: ReadonlyMap<number, Row>, index: number) {
    return (hash: number, isEqual: (row: Row) => boolean): Row | undefined => {
      const candidates = [
        this.#hashes[index] === hash ? this.#newest.rows[index] : undefined,
        before.get(hash),
      ];
      return candidates.find((row) => row !== undefined && isEqual(row));
    };
  }

  #cursor({ cursorX, cursorY }: IBuffer): Grid['cursor'] {
    if (this.#isCursorHidden) return null;
    const { cols, rows } = this.#size;
    // The emulator's cursor is behind the last column while a wrap is pending.
    const position = { col: Math.min(cursorX, cols - 1), row: Math.min(cursorY, rows - 1) };
    return this.#cursorShape === 0 ? position : { ...position, shape: this.#cursorShape };
  }
}
