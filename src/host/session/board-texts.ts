import { attentionIn, attentionOf } from '../../base/attention.js';
import type { PaneDescription, PaneExit } from '../../base/pane.js';
import type { Presence } from '../../base/presence.js';
import type { SessionDescription } from '../../base/session-description.js';
import { visible } from '../../base/visible.js';

/** How long the text about attention may be: half of the status line of a terminal of 80 columns. */
const MAX_ATTENTION = 36;
const MAX_PRESENCE = 24;
/** Text that people or programs chose is cut to this: a longer one says no more on a border. */
const MAX_NOTICE = 160;

/** Values of tmux options by their names; a value is empty where nothing is to be shown. */
export type BoardOptions = Readonly<Record<string, string>>;

/** The options that a pane's border shows besides its title; empty while all is well. */
export function paneOptions(pane: PaneDescription): BoardOptions {
  const since = pane.pid === null ? pane.since : (pane.startedAt ?? pane.since);
  return {
    '@triad_state': stateText(pane),
    '@triad_restarts': pane.restarts === 0 ? '' : `${pane.restarts}`,
    // The start time is in seconds; tmux computes the age from it, so that ageing needs no new option.
    '@triad_since': `${Math.floor(since / 1000)}`,
  };
}

/** The options that a session's status line shows besides its name. */
export function sessionOptions(
  session: Pick<SessionDescription, 'state' | 'panes'>,
  presence: Presence,
): BoardOptions {
  return { '@triad_attention': attentionText(session), '@triad_presence': presenceText(presence) };
}

/** Escapes text that people chose, so that tmux finds no format, style or control character in it. */
export function shownLiterally(text: string, maxLength = MAX_NOTICE): string {
  return visible(text, maxLength).replaceAll('#', '##');
}

function endText({ status, signal }: PaneExit): string {
  return signal ?? `exit ${status ?? '?'}`;
}

/** Why a pane needs attention, or else its state; an end is told as its status or signal. */
function stateText(pane: PaneDescription): string {
  const { state, lastExit } = pane;
  const isWell = state === 'running' || state === 'healthy';
  const word = attentionOf(pane) ?? (isWell ? '' : state);
  const hasEnded = word === state && (state === 'exited' || state === 'backoff');
  return hasEnded && lastExit !== null ? endText(lastExit) : word;
}

function attentionText(session: Pick<SessionDescription, 'state' | 'panes'>): string {
  const all = attentionIn(session);
  const text = all.map(({ pane, why }) => `${pane ?? 'session'} ${why}`).join(', ');
  if (text.length <= MAX_ATTENTION) return text;
  return all.length === 1 ? `1 pane needs attention` : `${all.length} panes need attention`;
}

function presenceText({ drivers, observers }: Presence): string {
  const watching = observers === 0 ? '' : `${observers} watching`;
  const [first, ...others] = drivers;
  if (first === undefined) return watching;
  const room = MAX_PRESENCE - (watching === '' ? 0 : watching.length + 2);
  const all = drivers.join(', ');
  const short = others.length === 0 ? first : `${first} +${others.length}`;
  const names = [all, short].find((text) => text.length <= room) ?? `${drivers.length} driving`;
  return watching === '' ? names : `${names}, ${watching}`;
}
