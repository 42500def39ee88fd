import { MAX_PAGE_LINES } from './page-size.js';
import { terminalSize, type ValueOf, z } from './schema.js';

/** Lines with their colours: a capture blocks the whole tmux server while it runs. */
export const MAX_STYLED_LINES = 500;
/** Far beyond what tmux keeps; within what its numbers hold. */
const MAX_HISTORY = 1_000_000_000;
/** A thousand cells, each with colours, attributes and combining characters of its own. */
const MAX_LINE_CHARACTERS = 256 * 1024;

/** Lines count from the top of what the pane shows now: 0 is its first, -1 the last that scrolled off. */
const firstLine = z.int().min(-MAX_HISTORY).max(1000);

export const historyRequestSchema = z.strictObject({
  firstLine,
  /** Where lines come with their colours, no more than `MAX_STYLED_LINES` do. */
  count: z.int().min(1).max(MAX_PAGE_LINES),
  /** Without colours and `lines`: a third of the work, for whoever only searches. */
  isPlain: z.boolean(),
});

export type HistoryRequest = ValueOf<typeof historyRequestSchema>;

export const historyPageSchema = z.strictObject({
  /** Of `lines`, which may start later than asked for: there are no older ones. */
  firstLine,
  /**
   * Each complete in itself: SGR sequences are the only control characters, and none lasts beyond its
   * line. Without the blanks at their ends, and each as wide as the pane at most.
   */
  lines: z.array(z.string().max(MAX_LINE_CHARACTERS)).max(MAX_STYLED_LINES),
  /** The text of each line, as tmux has it: to compare, never to show. */
  texts: z.array(z.string().max(MAX_LINE_CHARACTERS)).max(MAX_PAGE_LINES),
  /** Which of `lines` go on in the next one, since they were too long for the pane. */
  wrapped: z.array(z.int().min(0).max(MAX_STYLED_LINES)).max(MAX_STYLED_LINES),
  /** How many lines have scrolled off and are kept. */
  historySize: z.int().min(0).max(MAX_HISTORY),
  /** Of the pane, when the page was taken. */
  size: terminalSize,
  /** Whether a program has the alternate screen, and so keeps its own history, if any. */
  isAlternate: z.boolean(),
  /** What the page took of tmux. */
  costMs: z.number().min(0),
});

export type HistoryPage = ValueOf<typeof historyPageSchema>;
