import { NotPermittedError, UnavailableError, UsageError } from '../../base/errors.js';
import { isName, paneName, type SessionName, sessionName } from '../../base/ids.js';
import { nearestHint } from '../../base/nearest-word.js';
import type { PaneAddress, PanesAddress } from '../../base/pane.js';
import type { SessionDescription } from '../../base/session-description.js';
import { visible } from '../../base/visible.js';
import { LinkLostError } from '../../link/link-lost.js';
import { includesRole, type Role } from '../access/role.js';
import { noAccess } from '../access/session-access.js';
import type { CallContext, CommandContext, GatewayPort } from './context.js';

/** @throws UnavailableError when nothing runs. */
export function getGateway(context: CommandContext): GatewayPort {
  if (context.gateway !== undefined) return context.gateway;
  throw new UnavailableError('triad is not running', { hint: 'start it with: triad up' });
}

/** @throws NotPermittedError when the actor's role in the session is less than `needed`. */
export function requireRole(context: CommandContext, session: SessionName, needed: Role): void {
  const role = context.roleIn(session);
  if (role === undefined) throw noSession(context, session);
  if (includesRole(role, needed)) return;
  const is = `you are ${article(role)} there`;
  throw new NotPermittedError(`this needs ${article(needed)} of ${session}; ${is}`);
}

function noSession(context: CommandContext, text: string): NotPermittedError {
  return new NotPermittedError(noAccess(text, context.sessions.filter(sessionFilter(context))));
}

/** Refuses what concerns sessions that the actor may not see. @throws NotPermittedError */
export function requireGlobalAdmin(context: CommandContext, hint?: string): void {
  if (context.adminScope() === 'all') return;
  throw new NotPermittedError('this needs an admin of all sessions', { hint });
}

/** Whether the actor is admin of the session that a login names, be it there or not. */
export function isAdminIn(context: CommandContext, login: string): boolean {
  if (context.actor.door === 'local') return true;
  return isName(login) && context.roleIn(sessionName(login)) === 'admin';
}

/**
 * The pane that `worker` or `pair:worker` means.
 *
 * @throws UsageError for a name that is none, with those there are; NotPermittedError.
 */
export async function getPaneAddress(
  context: CallContext,
  text: string,
  needed: Role,
): Promise<PaneAddress> {
  const named = split(context, text);
  const { session, pane } = named ?? (await onlyPane(context, text));
  requireRole(context, session, needed);
  const descriptions = await describeSessions(context);
  const names =
    descriptions.find(({ name }) => name === session)?.panes.map(({ name }) => name) ?? [];
  if (!isName(pane) || !names.includes(paneName(pane))) {
    const meant = nearestHint(pane, names) ?? '';
    const all = `${meant} panes: ${names.join(', ')}`.trimStart();
    const there = names.length === 0 ? 'it has none now' : all;
    throw new UsageError(`there is no pane ${visible(pane)} in ${session}`, { hint: there });
  }
  return { session, pane: paneName(pane) };
}

/** Every session; many calls may be answered at once, and each goes on in a slice of its own. */
export async function describeSessions(
  context: CallContext,
): Promise<readonly SessionDescription[]> {
  const sessions = await getGateway(context).link.describe({});
  await context.slices.next();
  return sessions;
}

/**
 * Whether the caller may see a session. Asked once for each: a listing has a thousand lines of a few
 * sessions. For one listing only, since rights change.
 */
export function sessionFilter({ roleIn }: CommandContext): (session: SessionName) => boolean {
  const known = new Map<SessionName, boolean>();
  return (session) => {
    const maySee = known.get(session) ?? roleIn(session) !== undefined;
    known.set(session, maySee);
    return maySee;
  };
}

/** What `start`, `stop` and `restart` act on. */
export interface PanesOptions {
  readonly all?: true;
  readonly session?: string;
}

/**
 * One pane, or with `--all` every pane of a session.
 *
 * @throws UsageError, NotPermittedError as `getPaneAddress` does.
 */
export async function getPanesAddress(
  context: CallContext,
  pane: string | undefined,
  options: PanesOptions,
): Promise<PanesAddress> {
  if (pane !== undefined) {
    if (options.all !== undefined || options.session !== undefined) {
      throw new UsageError('say either a pane or --all, with --session where it is needed');
    }
    return getPaneAddress(context, pane, 'driver');
  }
  if (options.all === undefined) throw new UsageError('say which pane, or --all');
  const session =
    options.session === undefined ? onlySession(context) : getSession(context, options.session);
  if (session === undefined) {
    throw new UsageError('all panes of which session?', {
      hint: `say --all --session NAME; sessions: ${context.sessions.join(', ')}`,
    });
  }
  requireRole(context, session, 'driver');
  return { session, pane: null };
}

/** The panes in words for a sentence: `worker`, or `all panes of pair`. */
export function panesText({ session, pane }: PanesAddress): string {
  return pane ?? `all panes of ${session}`;
}

/**
 * Over SSH there is one answer for a session that does not exist and for one that is not the caller's.
 *
 * @throws UsageError for a session that is not configured; NotPermittedError.
 */
export function getSession(context: CommandContext, text: string): SessionName {
  if (context.sessions.length === 0) throw new LinkLostError();
  const session = context.sessions.find((each) => each === text);
  if (session !== undefined && context.roleIn(session) !== undefined) return session;
  if (context.session !== undefined) throw noSession(context, text);
  throw new UsageError(`there is no session ${visible(text)}`, {
    hint: `sessions: ${context.sessions.join(', ')}`,
  });
}

/** Splits `SESSION:PANE`; undefined where the session is not named and there are several. */
function split(
  context: CommandContext,
  text: string,
): { session: SessionName; pane: string } | undefined {
  const colon = text.indexOf(':');
  if (colon >= 0) {
    return { session: getSession(context, text.slice(0, colon)), pane: text.slice(colon + 1) };
  }
  const session = onlySession(context);
  return session === undefined ? undefined : { session, pane: text };
}

/** A pane whose name no other session has needs no session before it. @throws UsageError. */
async function onlyPane(
  context: CallContext,
  text: string,
): Promise<{ session: SessionName; pane: string }> {
  const descriptions = await describeSessions(context);
  const having = descriptions
    .filter(({ panes }) => panes.some(({ name }) => name === text))
    .map(({ name }) => name)
    .filter(sessionFilter(context));
  const [session, ...others] = having;
  if (session !== undefined && others.length === 0) return { session, pane: text };
  const sessions = having.length === 0 ? context.sessions : having;
  throw new UsageError(`which session's ${visible(text)}?`, {
    hint: `say SESSION:PANE; sessions: ${sessions.join(', ')}`,
  });
}

/**
 * The session that is meant where none is named.
 *
 * @throws LinkLostError where no host was there yet to say which there are.
 */
function onlySession({ session, sessions }: CommandContext): SessionName | undefined {
  if (session === undefined && sessions.length === 0) throw new LinkLostError();
  const [only, ...others] = sessions;
  return session ?? (others.length === 0 ? only : undefined);
}

function article(role: Role): string {
  return role === 'driver' ? 'a driver' : `an ${role}`;
}
