import type { SessionName } from '../../base/ids.js';
import type { Presence } from '../../base/presence.js';
import { textWidth } from './text-row.js';

/** Longest name in the line; a longer one is cut. */
const MAX_NAME = 24;
const MAX_DRIVERS_NAMED = 2;
const BETWEEN = '  ';

export interface BottomLine {
  readonly session: SessionName;
  /** The pane under view, as people call it. */
  readonly pane: string;
  /** The observer's mode: `watching`, `history 12/2000`, … */
  readonly mode: string;
  /** A sentence that is shown once, instead of who is there; of several the first one that fits. */
  readonly note: string | readonly string[] | undefined;
  readonly presence: Presence;
  readonly keys: string;
}

/** The text of the line; what matters least is left out until it fits. */
export function bottomLineText(line: BottomLine, cols: number): string {
  const { session, pane, mode, presence, keys } = line;
  const [note, ...shorter] = typeof line.note === 'string' ? [line.note] : (line.note ?? []);
  const drivers = driversText(presence.drivers);
  const said = { text: note ?? drivers, weight: note === undefined ? 5 : 7 };
  const parts = [
    { text: short(session), weight: 9 },
    { text: short(pane), weight: 4 },
    { text: mode, weight: 8 },
    said,
    { text: note === undefined ? observersText(presence.observers) : '', weight: 3 },
    { text: keys, weight: 6 },
  ].filter((part) => part.text !== '');
  const leastFirst = parts.toSorted((a, b) => a.weight - b.weight);
  const shown = new Set(parts);
  for (const part of leastFirst) {
    if (textWidth(textOf([...shown])) <= cols || shown.size === 1) break;
    shown.delete(part);
  }
  const isCut = shorter.length > 0 && !shown.has(said);
  return isCut ? bottomLineText({ ...line, note: shorter }, cols) : textOf([...shown]);
}

function textOf(parts: readonly { readonly text: string }[]): string {
  return ` ${parts.map((part) => part.text).join(BETWEEN)} `;
}

function driversText(drivers: readonly string[]): string {
  if (drivers.length === 0) return 'nobody drives';
  const named = drivers.slice(0, MAX_DRIVERS_NAMED).map(short).join(', ');
  const others = drivers.length - MAX_DRIVERS_NAMED;
  const text = others > 0 ? `${named} +${others}` : named;
  return `${text} ${drivers.length === 1 ? 'drives' : 'drive'}`;
}

/** `observers` counts the reader. */
function observersText(observers: number): string {
  if (observers <= 1) return 'nobody else watches';
  return observers === 2 ? '1 other watches' : `${observers - 1} others watch`;
}

function short(name: string): string {
  return name.length > MAX_NAME ? `${name.slice(0, MAX_NAME - 1)}…` : name;
}
