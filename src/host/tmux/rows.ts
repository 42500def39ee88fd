import { isName, type PaneName, paneId, paneName } from '../../base/ids.js';

/**
 * The variables that Triad asks tmux for (tmux(1), FORMATS), each with the reader of its value. Only this
 * file writes tmux's formats: values are separated by spaces, and those that people choose are quoted.
 */
const VARIABLES = {
  ...{ session_id: text, session_name: text, status: text, pid: Number, version: text },
  ...{ window_id: text, window_layout: text, window_activity: Number },
  ...{ window_index: Number },
  ...{ window_width: Number, window_height: Number, window_active: flag, window_zoomed_flag: flag },
  ...{ pane_id: paneId, pane_pid: Number, pane_dead: flag, pane_pipe: flag, pane_active: flag },
  ...{ alternate_on: flag },
  ...{ pane_left: Number, pane_top: Number, pane_width: Number, pane_height: Number },
  ...{ history_size: Number, history_limit: Number, cursor_x: Number, cursor_y: Number },
  ...{ client_pid: Number, client_name: text, client_flags: list, client_control_mode: flag },
  'variation-selector-always-wide': text,
  // Without an answer panes count as synchronized, so that keys count for every pane.
  'synchronize-panes': (value: string) => value !== '0',
  ...{ '@triad_session': text, '@triad_mirror': flag },
  ...{ '@triad_pane': ownName, '@triad_program': text, '@triad_memory': text },
};

type Variables = typeof VARIABLES;
export type Variable = keyof Variables;

/** Names that the caller chooses, each with the tmux variable that it stands for. */
export type Fields = Readonly<Record<string, Variable>>;

/** The values that tmux answers for one pane, window, session or client. */
export type Row<F extends Fields> = { readonly [K in keyof F]: ReturnType<Variables[F[K]]> };

/** A way to ask tmux for rows: the control connection, or a client for each question. */
export interface RowSource {
  /** @throws TmuxError with tmux's words; UnavailableError when tmux cannot be asked. */
  rows<F extends Fields>(
    subcommand: string,
    fields: F,
    args?: readonly string[],
  ): Promise<Row<F>[]>;
}

/** Asks for the panes in all windows of a session. */
export function panesOf<F extends Fields>(
  tmux: RowSource,
  sessionId: string,
  fields: F,
): Promise<Row<F>[]> {
  return tmux.rows('list-panes', fields, ['-s', '-t', sessionId]);
}

/** The arguments by which a tmux command prints the fields. */
export function rowArgs(
  subcommand: string,
  fields: Fields,
  args: readonly string[] = [],
): readonly string[] {
  if (subcommand === 'display-message') return ['-p', ...args, formatOf(fields)];
  const print = subcommand.startsWith('list-') ? [] : ['-P'];
  return [...print, '-F', formatOf(fields), ...args];
}

export function formatOf(fields: Fields): string {
  return Object.values(fields).map(valueOf).join(' ');
}

/** Reads the rows of an answer; the lines have no line ends. */
export function parseRows<F extends Fields>(lines: readonly string[], fields: F): Row<F>[] {
  return lines.map((line) => parseRow(line, fields));
}

function parseRow<F extends Fields>(line: string, fields: F): Row<F> {
  const values = [...line.matchAll(/((?:\\.|[^\\ ])*)(?: |$)/gu)];
  const entries = Object.entries(fields).map(([name, variable], at) => {
    const value = (values[at]?.[1] ?? '').replaceAll(/\\(.)/gu, '$1');
    return [name, VARIABLES[variable](value)];
  });
  return Object.fromEntries(entries) as Row<F>;
}

/** The format of one variable, for an argument that tmux expands. */
export function variable(name: Variable | 'pane_tty' | '@triad_history' | 'history-limit'): string {
  return `#{${name}}`;
}

/** The format that is true where a variable has this value, which must be an id or a word of ours. */
export function isEqual(name: Variable, value: string): string {
  return `#{==:${variable(name)},${value}}`;
}

/** The format of how many columns tmux gives a character. */
export function widthOf(character: string): string {
  return `#{w:#{l:${character}}}`;
}

/** The format that is true where a variable is less than a number. */
export function isLessThan(name: 'history-limit', number: number): string {
  return `#{e|<|:${variable(name)},${number}}`;
}

/** The format of a number minus a variable, which tmux computes when it runs the command. */
export function less(number: number, name: Variable): string {
  return `#{e|-|:${number},${variable(name)}}`;
}

/** Escapes a format, so that the nested command expands it, and not the one around it. */
export function deferred(format: string): string {
  return format.replaceAll('#', '##');
}

/** The format of a value; one that may have spaces is quoted, and a line break in it becomes `?`. */
function valueOf(name: Variable): string {
  const isFree = name.startsWith('@') || name === 'session_name';
  return isFree ? `#{q;s/\n/?/:${name}}` : variable(name);
}

function text(value: string): string {
  return value;
}

function flag(value: string): boolean {
  return value === '1';
}

function list(value: string): readonly string[] {
  return value.split(',');
}

/** Reads a configured name; undefined for a pane that Triad has not named. */
function ownName(value: string): PaneName | undefined {
  return isName(value) ? paneName(value) : undefined;
}
