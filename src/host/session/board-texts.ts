import { visible } from '../../base/visible.js';
import type { PaneDescription, Presence, SessionDescription } from '../../link/host-link.js';

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
  { panes }: Pick<SessionDescription, 'panes'>,
  presence: Presence,
): BoardOptions {
  return { '@triad_attention': attentionText(panes), '@triad_presence': presenceText(presence) };
}

/** Somebody's text as tmux shows it: no format, no style and no control character is in it. */
export function shownLiterally(text: string, maxLength = MAX_NOTICE): string {
  return visible(text, maxLength).replaceAll('#', '##');
}

function stateText({ state, question }: PaneDescription): string {
  if (question !== null) return 'needs input';
  return state === 'running' || state === 'healthy' ? '' : state;
}

const NEEDS_SOMEBODY = new Set(['unhealthy', 'backoff', 'failed']);

function attentionText(panes: readonly PaneDescription[]): string {
  const all = panes.filter(
    ({ id, state, question, problems }) =>
      id === null || question !== null || NEEDS_SOMEBODY.has(state) || problems.length > 0,
  );
  const text = all.map((pane) => `${pane.name} ${attentionOf(pane)}`).join(', ');
  if (text.length <= MAX_ATTENTION) return text;
  return all.length === 1 ? `1 pane needs attention` : `${all.length} panes need attention`;
}

function attentionOf(pane: PaneDescription): string {
  if (pane.id === null) return 'closed';
  return stateText(pane) || 'has a problem';
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
