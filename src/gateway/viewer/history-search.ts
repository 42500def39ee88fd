import { type Direction, MAX_PAGES_AT_ONCE } from '../../base/history-search.js';
import { PageSize } from '../../base/page-size.js';
import type { InSlices, Slices } from '../../base/slices.js';
import type { HistoryLines } from './history-lines.js';
import type { HistoryReader } from './history-reader.js';
import type { Needle } from './row-search.js';

/** Longest text to search for. */
const MAX_NEEDLE_CHARACTERS = 256;

/** Times in a row that nothing was searched because the session was faster. */
const MAX_TRIES = 3;

export interface SearchRequest {
  readonly needle: Needle;
  readonly direction: Direction;
  /** The first line that is searched. */
  readonly from: number;
  readonly signal: AbortSignal;
  readonly onProgress: (searched: number) => void;
  readonly during: InSlices;
}

export interface SearchOutcome {
  /** The number of the line that matches. */
  readonly found: number | undefined;
  readonly searched: number;
}

/** Searches the lines that are held, then lets the host search on, until the text is found, stopped, or there are no more lines. */
export async function search(
  reader: HistoryReader,
  request: SearchRequest,
): Promise<SearchOutcome> {
  const { lines } = reader;
  const held = await request.during((slices) => searchHeld(lines, request, slices));
  const isBackward = request.direction === 'backward';
  if (held.found !== undefined || (isBackward && lines.hasOldest)) return held;
  const firstLine = isBackward ? lines.tmuxLine(lines.first) - 1 : lines.tmuxLine(lines.end);
  const { historySize } = lines;
  return await searchOn(reader, request, { firstLine, historySize, searched: held.searched });
}

interface Place {
  readonly firstLine: number;
  readonly historySize: number;
  readonly searched: number;
}

async function searchOn(
  reader: HistoryReader,
  { needle: { text }, direction, signal, onProgress }: SearchRequest,
  from: Place,
): Promise<SearchOutcome> {
  const size = new PageSize({ cols: reader.cols, isStyled: false });
  let { firstLine, historySize, searched } = from;
  for (let pages = 1, tries = 0; !signal.aborted && tries < MAX_TRIES; ) {
    onProgress(searched);
    const asked = { text, direction, firstLine, historySize, pageLines: size.lines, pages };
    const answer = await reader.search(asked);
    size.note(asked.pageLines, answer.costMs);
    searched += answer.searched;
    if (answer.found !== null) {
      const found = { ...answer.found, historySize: answer.historySize };
      const side = direction === 'backward' ? 'older' : 'newer';
      return { found: await reader.goToFound(found, side), searched };
    }
    if (answer.next === null) break;
    [firstLine, historySize] = [answer.next, answer.historySize];
    tries = answer.searched === 0 ? tries + 1 : 0;
    pages = Math.min(2 * pages, MAX_PAGES_AT_ONCE);
  }
  return { found: undefined, searched };
}

/**
 * Searches in slices: a line with composed characters takes 0.2 ms, and a thousand lines are held.
 */
async function searchHeld(
  lines: HistoryLines,
  { needle, direction, from, signal }: SearchRequest,
  slices: Slices,
): Promise<SearchOutcome> {
  const step = direction === 'forward' ? 1 : -1;
  let searched = 0;
  for (let number = from; !signal.aborted; number += step) {
    if (slices.isOver) await slices.next();
    const line = lines.at(number);
    if (line === undefined) break;
    searched += 1;
    if (needle.isIn(line.text)) return { found: number, searched };
  }
  return { found: undefined, searched };
}

/** The text of a search while it is typed. */
export class SearchPrompt {
  readonly direction: Direction;
  #characters: string[] = [];

  constructor(direction: Direction) {
    this.direction = direction;
  }

  get text(): string {
    return this.#characters.join('');
  }

  /** What the bottom line shows. */
  get shown(): string {
    return `${this.direction === 'forward' ? '/' : '?'}${this.text}`;
  }

  type(character: string): void {
    if (this.#characters.length < MAX_NEEDLE_CHARACTERS) this.#characters.push(character);
  }

  erase(): void {
    this.#characters.pop();
  }
}
