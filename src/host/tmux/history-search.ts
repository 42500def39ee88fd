import { randomBytes } from 'node:crypto';
import { FoldedText } from '../../base/folded-text.js';
import { LINES_AROUND, type SearchedPages, type SearchRequest } from '../../base/history-search.js';
import type { Slices } from '../../base/slices.js';
import { droppedAtOnce, type PagesRequest } from './history-walk.js';
import { type PagesFromTop, pagesFromTop } from './pages-from-top.js';
import type { PaneTarget } from './pane-history.js';
import type { TmuxServer } from './tmux-server.js';

/** Lines of its neighbour that each page repeats: so many may scroll off before it is captured. */
const OVERLAP = 16;

/** A page by numbers from the top as they were when the search was asked for: tmux may have dropped lines since. */
interface Searchable {
  readonly printed: Buffer;
  readonly first: number;
  readonly end: number;
  /** Whether there is nothing before it, and nothing after. */
  readonly isOldest: boolean;
  readonly isNewest: boolean;
}

/**
 * Searches some pages of a pane of the session, in one client of tmux's, as far as they follow each other.
 *
 * @throws UnavailableError when the session has no such pane; TmuxError.
 */
export async function searchHistory(
  server: TmuxServer,
  pane: PaneTarget,
  { slices, ...request }: SearchRequest & { readonly slices: Slices },
): Promise<SearchedPages> {
  const isForward = request.direction === 'forward';
  const from = request.firstLine + request.historySize;
  const capture = ['capture-pane', '-p', '-t', pane.id];
  const taken = await pagesFromTop(server, pane, {
    ...pagesOf(request, Math.max(0, from)),
    mark: randomBytes(8).toString('hex'),
    commands: (line, address) => [
      [...capture, '-S', address(line), '-E', address(line + request.pageLines - 1)],
    ],
  });
  const { pages, historySize, counted } = searchable(taken, request.historySize);
  const text = new FoldedText(request.text);
  const about = { historySize, costMs: taken.costMs };
  let next = from;
  for (const page of isForward ? pages : pages.toReversed()) {
    if (next >= page.first && next < page.end) {
      const found = await findIn(page, { text, from: next, isForward, slices });
      if (found !== undefined) {
        const [first, line] = [counted(found.first), counted(found.line)];
        const searched = Math.abs(found.line - from) + 1;
        return {
          ...about,
          searched,
          next: line,
          found: { line, firstLine: first, texts: found.texts },
        };
      }
      next = isForward ? page.end : page.first - 1;
    }
    const isOver = isForward
      ? page.isNewest && next >= page.end
      : page.isOldest && next < page.first;
    if (isOver) return { ...about, searched: Math.abs(next - from), next: null, found: null };
  }
  return { ...about, searched: Math.abs(next - from), next: counted(next), found: null };
}

/** Those on the way from a line, by its number from the top. */
function pagesOf({ direction, pageLines, pages: most }: SearchRequest, from: number): PagesRequest {
  const step = Math.max(1, pageLines - OVERLAP);
  const about = { count: pageLines, step };
  if (direction === 'forward') {
    return { ...about, firstLine: Math.max(0, from - Math.floor(pageLines / 2)), pages: most };
  }
  const pages = Math.min(most, Math.ceil((from + 1) / step));
  return { ...about, firstLine: Math.max(0, from + 1 - (pages - 1) * step - pageLines), pages };
}

function searchable({ pages, rows, historyLimit }: PagesFromTop, knownSize: number) {
  let dropped = 0;
  let size = knownSize;
  const made = pages.map(({ printed, firstLine, length, historySize }): Searchable => {
    if (historySize < size) dropped += droppedAtOnce(historyLimit);
    size = historySize;
    const end = firstLine + length;
    return {
      ...{ printed, first: firstLine + dropped, end: end + dropped },
      ...{ isOldest: firstLine === 0, isNewest: end >= historySize + rows },
    };
  });
  /** From the top of the screen, when the last page was captured. */
  const counted = (line: number) => line - dropped - size;
  return { pages: made, historySize: size, counted };
}

interface Wanted {
  readonly text: FoldedText;
  /** The first line that is searched. */
  readonly from: number;
  readonly isForward: boolean;
  readonly slices: Slices;
}

/** Characters that are composed cost a line a fifth of a millisecond. */
async function findIn(page: Searchable, { text, from, isForward, slices }: Wanted) {
  await slices.next();
  const lines = page.printed
    .toString('utf8')
    .split('\n')
    .slice(0, page.end - page.first);
  for (let at = from - page.first; at >= 0 && at < lines.length; at += isForward ? 1 : -1) {
    if (slices.isOver) await slices.next();
    if (!text.isIn(lines[at] ?? '')) continue;
    const first = Math.max(0, at - LINES_AROUND);
    const texts = lines.slice(first, at + LINES_AROUND + 1);
    return { line: page.first + at, first: page.first + first, texts };
  }
  return undefined;
}
