import type { Direction } from '../../base/history-search.js';
import type { InSlices } from '../../base/slices.js';
import type { TerminalSize } from '../../base/terminal-size.js';
import type { Grid, Row } from '../mirror/grid.js';
import type { BottomLine } from './bottom-line.js';
import { copyToClipboard } from './clipboard.js';
import { cutRow } from './crop.js';
import type { HistoryLines } from './history-lines.js';
import { HistoryReader, type LineSource, type ReadOutcome } from './history-reader.js';
import { SearchPrompt, search } from './history-search.js';
import type { Key } from './key-decoder.js';
import { MarkedRows, Needle } from './row-search.js';
import { textRow } from './text-row.js';

const WHEEL_LINES = 3;
const PAN_COLS = 10;
/** Lines beyond the view that are read before they are needed. */
const LINES_AHEAD = 100;

const NOT_COPIED = 'not copied: your terminal is behind, try again';
const UNREADABLE = 'the history cannot be read now: try again';

type Work = (signal: AbortSignal) => Promise<void>;

export interface HistoryViewOptions {
  readonly source: LineSource;
  /** Runs a search in slices of the engineer's turns. */
  readonly during: InSlices;
  /** The size of the rows that show history, without the line at the bottom. */
  readonly size: TerminalSize;
  /** Writes to the observer's own terminal; tells whether it went. */
  readonly write: (bytes: Uint8Array) => boolean;
  readonly onChange: () => void;
  /** What the bottom line says where the program of the pane has the alternate screen. */
  readonly alternateNote: readonly string[];
}

/**
 * One observer's way through the history of a pane, with a cursor line as in tmux's copy mode. It
 * rests where it is while the session goes on. One request is under way at a time; keys that would
 * need another one move as far as they can.
 */
export class HistoryView {
  readonly #options: HistoryViewOptions;
  #reader: HistoryReader;
  #size: TerminalSize;
  #top = 0;
  #cursor = 0;
  #firstCol = 0;
  /** The longest line in view, once it was measured. */
  #widest: number | undefined;
  #anchor: number | undefined;
  #prompt: SearchPrompt | undefined;
  #needle: Needle | undefined;
  #direction: Direction = 'backward';
  readonly #marked = new MarkedRows();
  #task: AbortController | undefined;
  #next: Work | undefined;
  #isSearching = false;
  #isClosed = false;
  #note: BottomLine['note'];

  constructor(options: HistoryViewOptions) {
    this.#options = options;
    this.#size = options.size;
    this.#reader = new HistoryReader(options.source);
  }

  /** Reads the newest lines, then does what the key does that opened the history. */
  open(key: Key): void {
    if (key === '/') this.#ask('backward');
    this.#run(async () => {
      await this.#load();
      if (key !== '/') this.#move(key);
    });
  }

  /** Ends the view: nothing is shown, asked for or written any more. */
  close(): void {
    this.#isClosed = true;
    this.#task?.abort();
  }

  /** Whether there are lines to show; until then the keys can only ask for a search, or leave. */
  get isLoaded(): boolean {
    return !this.#lines.isEmpty;
  }

  get mode(): string {
    if (this.#isSearching) return 'search';
    if (!this.isLoaded) return this.#task === undefined ? 'history' : 'loading';
    const { historySize } = this.#lines;
    const above = Math.max(0, -this.#lines.tmuxLine(this.#top));
    const mode = this.#anchor === undefined ? 'history' : 'selecting';
    return `${mode} ${Math.min(above, historySize)}/${historySize}`;
  }

  get keys(): string {
    if (this.#isSearching) return 'Esc stops';
    return this.#anchor === undefined ? 'Esc live  q leaves' : 'y copies  Esc no';
  }

  get note(): BottomLine['note'] {
    return this.#note;
  }

  /** The text that is being typed to search for, as it is to be shown. */
  get prompt(): string | undefined {
    return this.#prompt?.shown;
  }

  resize(size: TerminalSize): void {
    this.#size = size;
    this.#keepInView();
  }

  /** Does what a key means; tells whether it leads back to the shared screen. */
  press(key: Key): boolean {
    this.#note = undefined;
    if (this.#prompt !== undefined) this.#pressInPrompt(this.#prompt, key);
    else if (this.#isSearching) this.#stopSearch(key);
    else if (key === 'Escape' || key === 'Enter') return this.#finish(key);
    else if (!this.isLoaded) this.#pressAhead(key);
    else this.#move(key);
    return false;
  }

  /** Whether Ctrl-C and `q` mean something else than to leave. */
  takes(key: Key): boolean {
    if (this.#prompt !== undefined) return key === 'C-c' || key === 'q';
    return this.#isSearching && key === 'C-c';
  }

  grid(): Grid {
    const { cols, rows } = this.#size;
    const shown = Array.from({ length: rows }, (_, row) => this.#rowAt(this.#top + row));
    const row = this.#cursor - this.#top;
    const cursor = row >= 0 && row < rows ? { col: 0, row } : null;
    return { cols, rows: shown, cursor };
  }

  get #lines(): HistoryLines {
    return this.#reader.lines;
  }

  #rowAt(number: number): Row {
    const { cols } = this.#size;
    const line = this.#lines.at(number);
    if (line === undefined) return textRow('', cols);
    const row = this.#isSelected(number)
      ? this.#marked.selected(line.row)
      : this.#marked.matching(line.row, this.#needle);
    return cutRow(row, { col: this.#firstCol, cols, width: cols });
  }

  #isSelected(number: number): boolean {
    if (this.#anchor === undefined) return false;
    const [from, to] = this.#selection(this.#anchor);
    return number >= from && number <= to;
  }

  #selection(anchor: number): [number, number] {
    return [Math.min(anchor, this.#cursor), Math.max(anchor, this.#cursor)];
  }

  #finish(key: Key): boolean {
    if (this.#anchor === undefined) return true;
    if (key === 'Enter') this.#copy(this.#anchor);
    this.#anchor = undefined;
    return false;
  }

  /** Before the first page there is nothing to move over, but a search can be typed. */
  #pressAhead(key: Key): void {
    if (key === '/') this.#ask('forward');
    else if (key === '?') this.#ask('backward');
    else if (this.#task === undefined) this.open(key);
  }

  #move(key: Key): void {
    const page = Math.max(1, this.#size.rows - 1);
    const moves: Readonly<Record<string, () => void>> = {
      PPage: () => this.#scroll(-page),
      NPage: () => this.#scroll(page),
      WheelUp: () => this.#scroll(-WHEEL_LINES),
      WheelDown: () => this.#scroll(WHEEL_LINES),
      Up: () => this.#step(-1),
      k: () => this.#step(-1),
      Down: () => this.#step(1),
      j: () => this.#step(1),
      Left: () => this.#pan(-PAN_COLS),
      h: () => this.#pan(-PAN_COLS),
      Right: () => this.#pan(PAN_COLS),
      l: () => this.#pan(PAN_COLS),
      g: () => this.#jump('oldest'),
      Home: () => this.#jump('oldest'),
      G: () => this.#jump('newest'),
      End: () => this.#jump('newest'),
      '/': () => this.#ask('forward'),
      '?': () => this.#ask('backward'),
      n: () => this.#searchAgain(this.#direction),
      N: () => this.#searchAgain(this.#direction === 'forward' ? 'backward' : 'forward'),
      v: () => this.#select(),
      ' ': () => this.#select(),
      y: () => this.#finish('Enter'),
    };
    moves[key]?.();
  }

  #scroll(lines: number): void {
    const wanted = this.#top + lines;
    this.#scrollTo(wanted);
    const missing = wanted - this.#top;
    this.#readBeyond(missing, () => this.#scrollTo(this.#top + missing));
  }

  #step(lines: number): void {
    const wanted = this.#cursor + lines;
    this.#cursorTo(wanted);
    const missing = wanted - this.#cursor;
    this.#readBeyond(missing, () => this.#cursorTo(this.#cursor + missing));
  }

  #scrollTo(top: number): void {
    const row = this.#cursor - this.#top;
    this.#top = top;
    this.#clampTop();
    this.#cursor = this.#top + row;
    this.#keepInView();
  }

  #cursorTo(number: number): void {
    this.#cursor = Math.max(this.#lines.first, Math.min(number, this.#lines.end - 1));
    this.#keepInView();
  }

  async #load(): Promise<void> {
    await this.#reader.readNewest();
    if (this.#lines.isAlternate) this.#note = this.#options.alternateNote;
    this.#toBottom();
  }

  #toBottom(): void {
    this.#top = this.#lines.end - this.#size.rows;
    this.#cursor = this.#lines.end - 1;
    this.#keepInView();
  }

  #clampTop(): void {
    const { first, end } = this.#lines;
    this.#top = Math.max(first, Math.min(this.#top, end - this.#size.rows));
    this.#widest = undefined;
  }

  #keepInView(): void {
    const { rows } = this.#size;
    const { first, end } = this.#lines;
    this.#cursor = Math.max(first, Math.min(this.#cursor, end - 1));
    this.#top = Math.max(this.#cursor - rows + 1, Math.min(this.#top, this.#cursor));
    this.#clampTop();
  }

  #pan(cols: number): void {
    this.#widest ??= this.#lines.widest(this.#top, this.#top + this.#size.rows);
    this.#firstCol = Math.max(0, Math.min(this.#firstCol + cols, this.#widest - this.#size.cols));
  }

  /** Reads on where a move went beyond what is held, and ahead of one that soon will. */
  #readBeyond(missing: number, then: () => void): void {
    const { first, end, hasOldest, hasNewest } = this.#lines;
    if (missing < 0) {
      if (hasOldest) this.#note = 'this is the oldest line';
      else this.#read(() => this.#reader.readOlder(), then);
    } else if (missing > 0) this.#read(() => this.#reader.readNewer(), then);
    else if (this.#top - first < LINES_AHEAD && !hasOldest) {
      this.#read(() => this.#reader.readOlder(), then);
    } else if (end - this.#top - this.#size.rows < LINES_AHEAD && !hasNewest) {
      this.#read(() => this.#reader.readNewer(), then);
    }
  }

  #read(read: () => Promise<ReadOutcome>, then: () => void): void {
    this.#run(async () => {
      const outcome = await read();
      if (outcome === 'lost') this.#note = 'the lines have moved on: try again';
      then();
    });
  }

  #jump(end: 'oldest' | 'newest'): void {
    this.#run(async () => {
      // The lines that are read now have other numbers than those of the selection.
      this.#anchor = undefined;
      if (end === 'newest') await this.#reader.readNewest();
      else await this.#reader.readOldest();
      this.#toBottom();
      if (end === 'oldest') this.#cursorTo(this.#lines.first);
    });
  }

  #select(): void {
    this.#anchor = this.#anchor === undefined ? this.#cursor : undefined;
  }

  #copy(anchor: number): void {
    const [from, to] = this.#selection(anchor);
    const lines = [...this.#lines.printed(from, to)];
    const isWhole = from >= this.#lines.first && to < this.#lines.end;
    const copy = copyToClipboard(lines);
    if (!this.#options.write(copy.bytes)) {
      this.#note = NOT_COPIED;
      return;
    }
    const isCut = copy.isCut || !isWhole;
    const what = lines.length === 1 ? '1 line' : `${lines.length} lines`;
    this.#note = `${what} copied${isCut ? ', cut: too many' : ''}`;
  }

  #ask(direction: Direction): void {
    this.#prompt = new SearchPrompt(direction);
  }

  #pressInPrompt(prompt: SearchPrompt, key: Key): void {
    if (key === 'Escape' || key === 'C-c') this.#prompt = undefined;
    else if (key === 'BSpace') prompt.erase();
    else if (key === 'Enter') this.#startSearch(prompt);
    else if (Array.from(key).length === 1) prompt.type(key);
  }

  #startSearch(prompt: SearchPrompt): void {
    if (prompt.text !== '') this.#needle = new Needle(prompt.text);
    this.#prompt = undefined;
    this.#direction = prompt.direction;
    this.#searchAgain(prompt.direction);
  }

  #searchAgain(direction: Direction): void {
    const needle = this.#needle;
    if (needle === undefined) return;
    this.#run(async (signal) => {
      this.#isSearching = true;
      if (!this.isLoaded) await this.#load();
      const scout = this.#reader.scout();
      const { found, searched } = await search(scout, {
        needle,
        direction,
        from: this.#cursor + (direction === 'forward' ? 1 : -1),
        ...{ signal, during: this.#options.during },
        onProgress: (lines) => this.#say(`${lines} lines searched`),
      });
      if (found === undefined) {
        const outcome = signal.aborted ? 'stopped' : 'not found';
        this.#note = `${outcome}: ${searched} lines searched`;
        return;
      }
      this.#reader = scout;
      this.#top = found - Math.floor(this.#size.rows / 2);
      this.#cursorTo(found);
    });
  }

  #stopSearch(key: Key): void {
    if (key === 'Escape' || key === 'C-c') this.#task?.abort();
  }

  #say(note: string): void {
    if (this.#isClosed) return;
    this.#note = note;
    this.#options.onChange();
  }

  /**
   * Does one piece of work at a time; of what comes meanwhile only the last is done, afterwards.
   */
  #run(work: Work): void {
    if (this.#task !== undefined) {
      this.#next = work;
      return;
    }
    const task = new AbortController();
    this.#task = task;
    void work(task.signal)
      .catch(() => {
        this.#note = UNREADABLE;
        this.#next = undefined;
      })
      .finally(() => this.#goOn());
  }

  #goOn(): void {
    this.#task = undefined;
    this.#isSearching = false;
    this.#widest = undefined;
    this.#lines.trimAround(this.#top + Math.floor(this.#size.rows / 2));
    if (this.#isClosed) return;
    const next = this.#next;
    this.#next = undefined;
    if (next !== undefined) this.#run(next);
    this.#options.onChange();
  }
}
