import { attentionIn, attentionOf } from '../../base/attention.js';
import {
  leftText,
  type OpenedPanes,
  type PaneDescription,
  type PaneState,
} from '../../base/pane.js';
import type { SessionDescription } from '../../base/session-description.js';
import type { Slices } from '../../base/slices.js';
import { printable, visible } from '../../base/visible.js';
import { ageText, bytesText } from './amount-text.js';
import type { CallerTerminal } from './command-outcome.js';
import { folded, type Paint, textTable } from './text-table.js';

const HEADER = 'PANE,STATE,AGE,RESTARTS,CPU,MEM,OUT/S,LAST EXIT,COMMAND'.split(',');
const STATE_COLUMN = 1;
/** What gives way where a terminal is too narrow, the first first; less of a command tells nothing. */
const GIVE_WAY = [
  ...[{ title: 'COMMAND', least: 16 }, { title: 'OUT/S' }, { title: 'MEM' }, { title: 'CPU' }],
  ...[{ title: 'LAST EXIT' }, { title: 'RESTARTS' }],
];

/** Select Graphic Rendition (ECMA-48 §8.3.117): red, yellow, green. */
const COLOURS = { bad: 31, odd: 33, good: 32 } as const;
const COLOUR_OF: Readonly<Partial<Record<PaneState, keyof typeof COLOURS>>> = {
  ...{ waiting: 'odd', starting: 'odd', stopping: 'odd', stopped: 'odd' },
  ...{ healthy: 'good', unhealthy: 'bad', backoff: 'bad', failed: 'bad' },
};

export interface ReportView {
  /** Epoch ms. */
  readonly now: number;
  readonly terminal: CallerTerminal | undefined;
  readonly slices: Slices;
}

/** What needs somebody, in a line without its end; empty while all is well. */
export function attentionText(
  sessions: readonly SessionDescription[],
  terminal: CallerTerminal | undefined,
): string {
  const all = sessions.flatMap((session) =>
    attentionIn(session).map(({ pane, why }) =>
      pane === null ? `${session.name} ${why}` : `${session.name}:${pane} ${why}`,
    ),
  );
  if (all.length === 0) return '';
  const words = folded(`needs attention: ${all.join(', ')}`, terminal?.cols);
  return terminal?.hasColour === true ? painted(words, 'bad') : words;
}

/** A table of a session's panes, and below it what there is to say about some. */
export async function sessionText(session: SessionDescription, view: ReportView): Promise<string> {
  const origin = session.adopted ? ', adopted' : '';
  const head = `session ${session.name}: ${session.state}${origin} (tmux ${session.tmuxVersion})\n`;
  const notes = session.panes.map((pane) => noteText(pane, view.now));
  const { terminal } = view;
  const below = folded(notes.join('') + openedText(session.opened), terminal?.cols);
  return head + (await tableOf(session.panes, view)) + below;
}

function openedText({ count, panes }: OpenedPanes): string {
  const lines = panes.map(({ id, window, command }) => {
    const what = command === null ? 'ended' : printable(command);
    return `  ${id}: opened by a driver, window ${window}: ${what}\n`;
  });
  const more = count - panes.length;
  return lines.join('') + (more > 0 ? `  ${more} more opened by drivers\n` : '');
}

function tableOf(
  panes: readonly PaneDescription[],
  { now, terminal, slices }: ReportView,
): Promise<string> {
  const rows = panes.map((pane) => [...rowOf(pane, now), visible(pane.command)]);
  const paint: Paint = (cell, row, column) => {
    const pane = column === STATE_COLUMN ? panes[row] : undefined;
    const colour = pane === undefined ? undefined : colourOf(pane);
    return colour === undefined ? cell : painted(cell, colour);
  };
  const fit = { cols: terminal?.cols, order: GIVE_WAY };
  const table = { header: HEADER, rows, fit };
  return textTable(terminal?.hasColour === true ? { ...table, paint } : table, slices);
}

/** An end is bad only where it needs somebody. */
function colourOf(pane: PaneDescription): keyof typeof COLOURS | undefined {
  return attentionOf(pane) === pane.state ? 'bad' : COLOUR_OF[pane.state];
}

function rowOf(pane: PaneDescription, now: number): string[] {
  const { cpu, memoryBytes, bytesPerSecond } = pane.telemetry;
  const began = pane.pid === null ? pane.since : (pane.startedAt ?? pane.since);
  return [
    ...[pane.name, pane.state, ageText(now - began), `${pane.restarts}`],
    cpu === null ? '-' : `${Math.round(cpu * 100)}%`,
    memoryBytes === null ? '-' : bytesText(memoryBytes),
    bytesText(bytesPerSecond),
    lastExitText(pane),
  ];
}

function noteText(pane: PaneDescription, now: number): string {
  const isWell = pane.state === 'running' || pane.state === 'healthy';
  const next = pane.startsAt === null ? '' : `, starts again in ${ageText(pane.startsAt - now)}`;
  const left = pane.leftBehind;
  const notes = [
    ...(isWell ? [] : [`${visible(pane.reason)}${next}`]),
    ...(pane.question === null
      ? []
      : [pane.question === '' ? 'asks for input' : `asks: ${visible(pane.question)}`]),
    ...(left.count === 0 ? [] : [`left behind, and running: ${printable(leftText(left))}`]),
    ...pane.problems.map((problem) => visible(problem)),
  ];
  return notes.map((note) => `  ${pane.name}: ${note}\n`).join('');
}

function lastExitText({ lastExit }: PaneDescription): string {
  if (lastExit === null) return '-';
  return lastExit.signal ?? `status ${lastExit.status}`;
}

function painted(text: string, colour: keyof typeof COLOURS): string {
  return `\x1b[${COLOURS[colour]}m${text}\x1b[0m`;
}
