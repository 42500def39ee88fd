import { type Row, textOf } from './database.js';
import { NEWEST_SQL } from './memory-table.js';
import { fitText, padText, visible, wrapText } from './plain-text.js';
import { clockTime } from './terminal.js';

export interface MemoryView {
  /** The result of `NEWEST_SQL`. */
  readonly rows: readonly Row[];
  readonly total: number;
  /** Where the table lies, such as `embedded PostgreSQL, vector`. */
  readonly place: string;
}

/** One memory in the cells of its line. */
interface Cells {
  readonly id: string;
  readonly time: string;
  readonly kind: string;
  readonly content: string;
}

/** Longest content looked at; a row from elsewhere may hold megabytes. */
const MAX_CONTENT = 1000;
/** Narrower panes show no kinds: the content says as much. */
const MIN_COLS_FOR_KIND = 56;

/** The view in lines that fit `size`; a larger pane shows more of each content. */
export function renderMemories(view: MemoryView, size: { cols: number; rows: number }): string[] {
  const cells = view.rows.map(cellsOf);
  const heading = headingLines(view, size.cols);
  const available = Math.max(cells.length, size.rows - heading.length);
  const linesEach = Math.max(1, Math.floor(available / Math.max(1, cells.length)));
  const lines = cells.flatMap((memory) => memoryLines(memory, cells, size.cols, linesEach));
  return [...heading, ...lines].slice(0, size.rows).map((line) => fitText(line, size.cols));
}

function headingLines(view: MemoryView, cols: number): string[] {
  const sql =
    NEWEST_SQL.length <= cols
      ? [NEWEST_SQL]
      : ['SELECT … FROM agent_memory', 'ORDER BY created_at DESC LIMIT 5'];
  const count = `${view.total} ${view.total === 1 ? 'row' : 'rows'}, ${view.place}`;
  return [...sql, count, '─'.repeat(cols)];
}

function memoryLines(
  memory: Cells,
  all: readonly Cells[],
  cols: number,
  maxLines: number,
): string[] {
  const idWidth = Math.max(...all.map(({ id }) => id.length));
  const kindWidth = Math.max(...all.map(({ kind }) => kind.length));
  const kind = cols < MIN_COLS_FOR_KIND ? '' : `${padText(memory.kind, kindWidth)} `;
  const start = `${memory.id.padStart(idWidth)} ${memory.time} ${kind}`;
  const indent = ' '.repeat(start.length);
  return wrapText(memory.content, Math.max(1, cols - start.length), maxLines).map(
    (line, place) => (place === 0 ? start : indent) + line,
  );
}

function cellsOf(row: Row): Cells {
  const createdAt = row['created_at'];
  return {
    id: visible(textOf(row['id']), 20),
    time: createdAt instanceof Date ? clockTime(createdAt) : '',
    kind: visible(textOf(row['kind']), 12),
    content: visible(textOf(row['content']), MAX_CONTENT),
  };
}
