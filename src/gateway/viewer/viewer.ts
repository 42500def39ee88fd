import type { PaneId, PaneName, SessionName } from '../../base/ids.js';
import type { InSlices } from '../../base/slices.js';
import { clampSize, type TerminalSize } from '../../base/terminal-size.js';
import { Turns } from '../../base/turns.js';
import type { LayoutPane, WindowLayout } from '../../base/window-layout.js';
import type { Grid, Row } from '../mirror/grid.js';
import type { PaneLines } from '../mirror/mirror-source.js';
import { type Composer, isSameScreen, type SharedScreen } from '../mirror/shared-screen.js';
import type { TerminalAbilities } from '../mirror/terminal-abilities.js';
import { type BottomLine, bottomLineText } from './bottom-line.js';
import { cropScreen, type Opening } from './crop.js';
import { helpScreen } from './help-screen.js';
import type { LineSource } from './history-reader.js';
import { HistoryView } from './history-view.js';
import { isLeavingKey, type Key, KeyDecoder } from './key-decoder.js';
import { PaneChoice } from './pane-choice.js';
import type { PanePolls, PollSubscription } from './pane-polls.js';
import { endOf, textRow, textWidth } from './text-row.js';
import { followCursor, type Point, withinRegion } from './viewport.js';

const MIN_SIZE: TerminalSize = { cols: 20, rows: 5 };
const INVERSE = '7';
const PAN = { cols: 10, rows: 3 };

/** The alternate screen, the wheel's reports, and pastes in brackets so that they are no keys. The farewell undoes it all. */
const START = '\x1b[?1049h\x1b[?1000h\x1b[?1006h\x1b[?2004h';

const PAN_KEYS: Readonly<Record<string, Point>> = {
  Up: { col: 0, row: -PAN.rows },
  k: { col: 0, row: -PAN.rows },
  Down: { col: 0, row: PAN.rows },
  j: { col: 0, row: PAN.rows },
  Left: { col: -PAN.cols, row: 0 },
  h: { col: -PAN.cols, row: 0 },
  Right: { col: PAN.cols, row: 0 },
  l: { col: PAN.cols, row: 0 },
};

const HISTORY_KEYS = ['PPage', 'WheelUp', '[', '/'];

export interface ViewerOptions {
  readonly session: SessionName;
  readonly size: TerminalSize;
  /** Told what the observer's terminal answers. */
  readonly abilities: Pick<TerminalAbilities, 'questions' | 'note'>;
  /** The pane that is shown alone from the start. */
  readonly pane: PaneName | undefined;
  readonly lines: PaneLines;
  readonly rowsOf: (lines: readonly string[], cols: number) => Promise<readonly Row[]>;
  readonly during: InSlices;
  /** The polls of panes that observers watch and that are not on the shared screen. */
  readonly polls: Pick<PanePolls, 'subscribe'>;
  /** Makes commands in a text those that work where the observer is. */
  readonly calledAs: (text: string) => string;
  /** Writes to the observer's terminal what is copied to their clipboard, and nothing else; tells whether it went. */
  readonly write: (bytes: Uint8Array) => boolean;
  /** The screen is to be composed again. */
  readonly onChange: () => void;
  readonly onLeave: () => void;
}

/**
 * Owns what one observer sees, and what their keys do. Promises that a key changes nothing but their own view of
 * the session. It must never have a way to a pane.
 */
export class Viewer implements Composer {
  readonly #options: ViewerOptions;
  /** Requests for pages take turns: one is under way, one may wait, and more are refused. */
  readonly #pages = new Turns({ maxAtOnce: 1, maxWaiting: 1 });
  readonly #choice: PaneChoice;
  readonly #decoder = new KeyDecoder({
    onKey: (key) => this.#press(key),
    onAnswer: (answer) => this.#options.abilities.note(answer),
  });
  #size: TerminalSize;
  #hasChanged = false;
  #isOver = false;
  #isHelpShown = false;
  #isLineHidden = false;
  #pan: Point | undefined;
  #history: HistoryView | undefined;
  #poll: { readonly pane: PaneId; readonly subscription: PollSubscription } | undefined;
  /** The shared screen that the last view was composed of. */
  #shared: SharedScreen | undefined;
  /** The last screen that only this observer sees: the same object as long as it shows the same. */
  #own: Grid | undefined;

  constructor(options: ViewerOptions) {
    this.#options = options;
    this.#size = clampSize(options.size.cols, options.size.rows);
    this.#choice = new PaneChoice(options.pane);
  }

  /** What the terminal gets before the first frame. */
  start(): Uint8Array {
    return Buffer.from(`${START}${this.#options.abilities.questions()}`);
  }

  /**
   * Takes what the observer's terminal sent, as long as it may go on; the rest has to come again.
   *
   * @returns how many bytes were taken.
   */
  receive(bytes: Uint8Array, mayGoOn?: () => boolean): number {
    if (this.#isOver) return bytes.length;
    this.#hasChanged = false;
    const taken = this.#decoder.receive(bytes, mayGoOn);
    this.#announce();
    return taken;
  }

  resize(size: TerminalSize): void {
    if (this.#isOver) return;
    this.#size = clampSize(size.cols, size.rows);
    this.#history?.resize(this.#viewSize);
    this.#options.onChange();
  }

  /** Ends the viewer: it calls nothing any more. Idempotent. */
  close(): void {
    this.#isOver = true;
    this.#history?.close();
    this.#poll?.subscription.close();
  }

  compose(shared: SharedScreen): Grid {
    this.#shared = shared;
    this.#choice.follow(shared.layout);
    this.#followPoll();
    const own = this.#showOwn(shared);
    if (own === undefined) return this.#showLive(shared);
    if (this.#own === undefined || !isSameScreen(this.#own, own)) this.#own = own;
    return this.#own;
  }

  /** What nobody else sees; undefined while the observer watches the shared screen. */
  #showOwn(shared: SharedScreen): Grid | undefined {
    const { cols, rows } = this.#size;
    if (cols < MIN_SIZE.cols || rows < MIN_SIZE.rows) return tooSmall(this.#size);
    if (this.#isHelpShown) return helpScreen(this.#size);
    return this.#history && this.#showHistory(this.#history, shared);
  }

  get #viewSize(): TerminalSize {
    const { cols, rows } = this.#size;
    return { cols, rows: Math.max(1, this.#isLineHidden ? rows : rows - 1) };
  }

  /** The shared screen as this observer sees it, made once for everybody who sees the same. */
  #showLive(shared: SharedScreen): Grid {
    const { screen, opening } = this.#liveView(shared);
    const { offset, region } = opening;
    const key = [
      ...[this.#size.cols, this.#size.rows, this.#isLineHidden, this.#choice.key],
      ...[offset.col, offset.row, region.col, region.row, region.cols, region.rows],
      ...(this.#poll === undefined ? [] : [this.#poll.pane, this.#poll.subscription.poll.number]),
    ].join(' ');
    const made = shared.composed.get(key);
    if (made !== undefined) return made;
    const view = cropScreen(screen, opening);
    const grid = this.#isLineHidden ? view : withLine(view, this.#liveLine(shared));
    shared.composed.set(key, grid);
    return grid;
  }

  #cropLive(shared: SharedScreen): Grid {
    const { screen, opening } = this.#liveView(shared);
    return cropScreen(screen, opening);
  }

  #liveView(shared: SharedScreen): { screen: Grid; opening: Opening } {
    const size = this.#viewSize;
    const poll = this.#poll?.subscription.poll;
    const screen = poll === undefined ? shared.screen : (poll.screen ?? EMPTY);
    const region = this.#regionOf(shared, screen);
    const offset =
      this.#pan === undefined
        ? followCursor(screen.cursor, region, size)
        : withinRegion(this.#pan, region, size);
    return { screen, opening: { region, offset, size } };
  }

  #regionOf(shared: SharedScreen, screen: Grid): Opening['region'] {
    const region = this.#choice.isAlone ? this.#choice.pane(shared.layout)?.region : undefined;
    return region ?? { col: 0, row: 0, cols: screen.cols, rows: screen.rows.length };
  }

  #liveLine(shared: SharedScreen): string {
    const note = this.#poll === undefined ? this.#choice.note : 'not on the shared screen';
    return this.#line(shared, { mode: 'watching', note, keys: '? help  q leaves' });
  }

  #line(shared: SharedScreen, said: Pick<BottomLine, 'mode' | 'note' | 'keys'>): string {
    const { session, layout, presence } = shared;
    const pane = this.#choice.label(layout);
    return bottomLineText({ session, pane, presence, ...said }, this.#size.cols);
  }

  #showHistory(history: HistoryView, shared: SharedScreen): Grid {
    const view = history.isLoaded ? history.grid() : this.#cropLive(shared);
    const { prompt, mode, note, keys } = history;
    if (prompt !== undefined) return withPrompt(view, prompt, this.#size);
    return this.#isLineHidden ? view : withLine(view, this.#line(shared, { mode, note, keys }));
  }

  #press(key: Key): void {
    if (this.#isOver) return;
    this.#hasChanged = true;
    if (isLeavingKey(key) && this.#history?.takes(key) !== true) this.#leave();
    else if (this.#isHelpShown) this.#isHelpShown = false;
    else if (this.#history !== undefined) this.#pressInHistory(this.#history, key);
    else this.#pressLive(key);
  }

  #announce(): void {
    if (this.#hasChanged && !this.#isOver) this.#options.onChange();
  }

  #leave(): void {
    this.close();
    this.#options.onLeave();
  }

  #pressInHistory(history: HistoryView, key: Key): void {
    if (key === 'b' && history.prompt === undefined) this.#toggleLine();
    else if (history.press(key)) this.#closeHistory();
  }

  #closeHistory(): void {
    this.#history?.close();
    this.#history = undefined;
  }

  #pressLive(key: Key): void {
    const pan = PAN_KEYS[key];
    if (pan !== undefined) this.#panBy(pan);
    else if (HISTORY_KEYS.includes(key)) this.#openHistory(key);
    else if (key === '?') this.#isHelpShown = true;
    else if (key === 'b') this.#toggleLine();
    else if (key === 'f') this.#pan = undefined;
    else if (this.#shared !== undefined && this.#choice.press(key, this.#shared.layout)) {
      this.#pan = undefined;
    }
  }

  #toggleLine(): void {
    this.#isLineHidden = !this.#isLineHidden;
    this.#history?.resize(this.#viewSize);
  }

  #panBy(by: Point): void {
    if (this.#shared === undefined) return;
    const { region, offset, size } = this.#liveView(this.#shared).opening;
    const to = withinRegion({ col: offset.col + by.col, row: offset.row + by.row }, region, size);
    const hasMoved = to.col !== offset.col || to.row !== offset.row;
    if (hasMoved) this.#pan = to;
  }

  #openHistory(key: Key): void {
    const pane = this.#paneUnderView();
    if (pane === undefined || this.#pages.isFull) return;
    const { write, onChange, during } = this.#options;
    const source = this.#sourceOf(pane.id);
    const alternateNote = this.#alternateNote(pane);
    const size = this.#viewSize;
    this.#history = new HistoryView({ source, during, size, write, onChange, alternateNote });
    this.#history.open(key);
  }

  #alternateNote({ name }: LayoutPane): readonly string[] {
    const note = 'this program keeps its own history';
    const { calledAs } = this.#options;
    return name === null ? [note] : [`own history: ${calledAs(`triad logs ${name}`)}`, note];
  }

  #sourceOf(pane: PaneId): LineSource {
    const { lines, rowsOf } = this.#options;
    return {
      rowsOf,
      history: (request) => this.#pages.take(() => lines.history(pane, request)),
      search: (request) => this.#pages.take(() => lines.search(pane, request)),
    };
  }

  #paneUnderView(): LayoutPane | undefined {
    const layout: WindowLayout | undefined = this.#shared?.layout;
    return layout === undefined ? undefined : this.#choice.pane(layout);
  }

  /** A pane that is shown alone and is not on the shared screen is polled. */
  #followPoll(): void {
    const pane = this.#choice.isAlone ? this.#paneUnderView() : undefined;
    const isLive = this.#history?.isLoaded !== true;
    const wanted = pane?.region === null && isLive ? pane.id : undefined;
    if (wanted === this.#poll?.pane || this.#isOver) return;
    this.#poll?.subscription.close();
    const { polls, onChange } = this.#options;
    this.#poll =
      wanted === undefined
        ? undefined
        : { pane: wanted, subscription: polls.subscribe(wanted, onChange) };
  }
}

const EMPTY: Grid = { cols: 1, rows: [textRow('', 1)], cursor: null };

function tooSmall(size: TerminalSize): Grid {
  const rows = Array.from({ length: size.rows }, (_, row) =>
    textRow(row === 0 ? `too small: needs ${MIN_SIZE.cols}x${MIN_SIZE.rows}` : '', size.cols),
  );
  return { cols: size.cols, rows, cursor: null };
}

function withLine(view: Grid, text: string): Grid {
  return { ...view, rows: [...view.rows, textRow(text, view.cols, INVERSE)] };
}

/** The prompt stands in the last row, whether the line is hidden or not. */
function withPrompt(view: Grid, prompt: string, size: TerminalSize): Grid {
  const shown = endOf(prompt, size.cols - 1);
  const row = size.rows - 1;
  const rows = [...view.rows.slice(0, row), textRow(shown, size.cols)];
  return { cols: size.cols, rows, cursor: { col: textWidth(shown), row } };
}
