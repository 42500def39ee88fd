import type { HistoryReader } from './history-reader.js';
import type { Needle } from './row-search.js';

/** Longest text to search for. */
const MAX_NEEDLE_CHARACTERS = 256;

/** Towards the oldest line, or the newest. */
export type Direction = 'backward' | 'forward';

export interface SearchRequest {
  readonly needle: Needle;
  readonly direction: Direction;
  /** The first line that is looked at. */
  readonly from: number;
  readonly signal: AbortSignal;
  readonly onProgress: (searched: number) => void;
}

export interface SearchOutcome {
  /** The number of the line that matches. */
  readonly found: number | undefined;
  readonly searched: number;
}

/** Looks for a text line by line and page by page, until it is found, stopped, or there are no more lines. */
export async function search(
  reader: HistoryReader,
  request: SearchRequest,
): Promise<SearchOutcome> {
  const { needle, direction, signal } = request;
  const step = direction === 'forward' ? 1 : -1;
  let number = request.from;
  let searched = 0;
  for (;;) {
    for (
      let line = reader.lines.at(number);
      line !== undefined;
      line = reader.lines.at((number += step))
    ) {
      searched += 1;
      if (needle.isIn(line.text)) return { found: number, searched };
    }
    if (signal.aborted) return { found: undefined, searched };
    request.onProgress(searched);
    const read = await (step > 0 ? reader.readNewer() : reader.readOlder());
    if (read !== 'grown') return { found: undefined, searched };
    reader.lines.trimAround(number);
  }
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
