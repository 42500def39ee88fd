import { firstLine, historySize, lineText } from './history-page.js';
import { MAX_PAGE_LINES } from './page-size.js';
import { count, type ValueOf, z } from './schema.js';

/** One client of tmux's takes so many, and tmux serves everybody else between two of them. */
export const MAX_PAGES_AT_ONCE = 16;
/** Longest text to search for. */
const MAX_TEXT_CHARACTERS = 1024;
/** Lines before and after one that was found, by which it is known again. */
export const LINES_AROUND = 8;

/** Towards the oldest line, or the newest. */
const DIRECTIONS = ['backward', 'forward'] as const;

export type Direction = (typeof DIRECTIONS)[number];

export const searchRequestSchema = z.strictObject({
  text: z.string().min(1).max(MAX_TEXT_CHARACTERS),
  direction: z.enum(DIRECTIONS),
  /** The first line that is searched, counted as when so many had scrolled off. */
  firstLine,
  historySize,
  /** Lines that tmux captures at once, and how often it does. */
  pageLines: z.int().min(1).max(MAX_PAGE_LINES),
  pages: z.int().min(1).max(MAX_PAGES_AT_ONCE),
});

export type SearchRequest = ValueOf<typeof searchRequestSchema>;

export const searchedPagesSchema = z.strictObject({
  searched: count,
  /** Where to go on; null where there is nothing more. */
  next: firstLine.nullable(),
  /** The first line that has the text, with some around it. */
  found: z
    .strictObject({
      line: firstLine,
      firstLine,
      texts: z.array(lineText).max(2 * LINES_AROUND + 1),
    })
    .nullable(),
  /** By which all these lines are counted. */
  historySize,
  /** What one page took of tmux. */
  costMs: z.number().min(0),
});

export type SearchedPages = ValueOf<typeof searchedPagesSchema>;
