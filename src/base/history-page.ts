import { terminalSize, type ValueOf, z } from './schema.js';

/** Most lines with colours in a page: capturing them blocks the whole tmux server. */
export const MAX_STYLED_LINES = 500;
/** Far more lines than tmux keeps, and a number that its integers (32 bits) hold. */
const MAX_HISTORY = 1_000_000_000;
/** Room for a thousand cells, each with colours, attributes and combining characters of its own. */
const MAX_LINE_CHARACTERS = 256 * 1024;

/** How many lines have scrolled off and are kept. */
export const historySize = z.int().min(0).max(MAX_HISTORY);

export const lineText = z.string().max(MAX_LINE_CHARACTERS);

/** Lines count from the top of what the pane shows now: 0 is its first, -1 the last that scrolled off. */
export const firstLine = z.int().min(-MAX_HISTORY).max(1000);

export const historyRequestSchema = z.strictObject({
  firstLine,
  count: z.int().min(1).max(MAX_STYLED_LINES),
});

export type HistoryRequest = ValueOf<typeof historyRequestSchema>;

export const historyPageSchema = z.strictObject({
  /** The first line of the page; it is later than asked for where there are no older ones. */
  firstLine,
  /**
   * Lines with colours, each complete in itself: SGR sequences are the only control characters, and
   * none lasts beyond its line. Blanks at their ends are left out; none is wider than the pane.
   */
  lines: z.array(lineText).max(MAX_STYLED_LINES),
  /** The text of each line, as tmux has it: to compare, never to show. */
  texts: z.array(lineText).max(MAX_STYLED_LINES),
  /** Which of `lines` go on in the next one, since they were too long for the pane. */
  wrapped: z.array(z.int().min(0).max(MAX_STYLED_LINES)).max(MAX_STYLED_LINES),
  historySize,
  /** The size of the pane when the page was taken. */
  size: terminalSize,
  /** Whether a program has the alternate screen, and so keeps its own history, if any. */
  isAlternate: z.boolean(),
  /** How long the page kept tmux busy. */
  costMs: z.number().min(0),
});

export type HistoryPage = ValueOf<typeof historyPageSchema>;
