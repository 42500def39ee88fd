import type { TerminalSize } from '../../base/terminal-size.js';
import type { Grid } from '../mirror/grid.js';
import { textRow } from './text-row.js';

const HELP = [
  'q  Ctrl-C  Ctrl-D  Ctrl-B d   leave',
  '?  this help        b  hide or show the line at the bottom',
  'Nothing you type reaches the session.',
  '',
  'The shared screen',
  '  arrows  h j k l   move over a screen larger than yours',
  '  f  Escape         follow the cursor again',
  '  Tab  Shift-Tab    choose the next, the previous pane',
  '  1 to 9   0        choose a pane, the active one',
  '  z                 show the pane alone, or the whole screen again',
  '',
  'History (nobody else sees it)',
  '  PgUp  wheel  [    open it, for the chosen pane',
  '  PgUp PgDn  arrows  g G    a page, a line, the first, the last line',
  '  / ?  n N          search forward, backward; again, the other way',
  '  v  then y         select lines, copy them to your clipboard',
  '  Escape  Enter     stop selecting or searching; back to the screen',
];

/** The screen that lists the keys. */
export function helpScreen(size: TerminalSize): Grid {
  const lines = [...HELP.slice(0, size.rows - 1), ...Array<string>(size.rows).fill('')];
  const texts = [...lines.slice(0, size.rows - 1), ' any key closes the help; q leaves '];
  const last = size.rows - 1;
  const rows = texts.map((text, row) => textRow(text, size.cols, row === last ? '7' : ''));
  return { cols: size.cols, rows, cursor: null };
}
