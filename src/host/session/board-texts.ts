import { attentionIn, attentionOf } from '../../base/attention.js';
import type { PaneDescription, PaneExit } from '../../base/pane.js';
import type { Presence } from '../../base/presence.js';
import type { SessionDescription } from '../../base/session-description.js';
import { visible } from '../../base/visible.js';

/** Half of the status line of a terminal of 80 columns, for what needs somebody. */
const MAX_ATTENTION = 36;
const MAX_PRESENCE = 24;
/** A title or question longer than this says no more on a border. */
const MAX_NOTICE = 160;

/** Values of tmux options, by their names. Where nothing is to be shown a value is empty. */
export type BoardOptions = Readonly<Record<string, string>>;

/** What the border of a pane shows besides its title. Nothing while all is well. */
export function paneOptions(pane: PaneDescription): BoardOptions {
  const since = pane.pid === null ? pane.since : (pane.startedAt ?? pane.since);
  return {
    '@triad_state': stateText(pane),
    '@triad_restarts': pane.restarts === 0 ? '' : `${pane.restarts}`,
    // Seconds: tmux makes an age of it by itself, so that an older one costs nobody a redraw.
    '@triad_since': `${Math.floor(since / 1000)}`,
  };
}

/** What the status line of a session shows besides its name. */
export function sessionOptions(
  session: Pick<SessionDescription, 'state' | 'panes'>,
  presence: Presence,
): BoardOptions {
  return { '@triad_attention': attentionText(session), '@triad_presence': presenceText(presence) };
}

/** Somebody's text as tmux shows it: no format, no style and no control character is in it. */
export function shownLiterally(text: string, maxLength = MAX_NOTICE): string {
  return visible(text, maxLength).replaceAll('#', '##');
}

function endText({ status, signal }: PaneExit): string {
  return signal ?? `exit ${status ?? '?'}`;
}

/** What needs somebody, or else what goes on; where that is an end, the end itself. */
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
