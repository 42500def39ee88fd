import { NotPermittedError } from '../../base/errors.js';
import type { SessionName } from '../../base/ids.js';
import type { EditLimits } from '../access/edit-limits.js';
import { describeGrant, type Grant, type GrantDelta } from '../access/grant.js';
import { isoTime } from './amount-text.js';
import type { CommandContext } from './context.js';
import { getSession, requireGlobalAdmin, requireRole } from './pane-target.js';

/** What an edit did, for the person who asked for it. */
export function changesText(engineer: string, changes: readonly GrantDelta[]): string {
  if (changes.length === 0) return `nothing to change for ${engineer}\n`;
  return changes.map((change) => `${changeText(change)}\n`).join('');
}

/** What an edit did, for the record. */
export function changesJson(changes: readonly GrantDelta[]): object[] {
  return changes.map(({ before, after }) => ({
    before: before === null ? null : facts(before),
    after: after === null ? null : facts(after),
  }));
}

function changeText({ before, after }: GrantDelta): string {
  if (after === null) return `${before.engineer} (${before.key.fingerprint}): access taken back`;
  const was = before === null ? '' : ` (was: ${describeGrant(before)})`;
  return `${after.engineer} (${after.key.fingerprint}): ${describeGrant(after)}${was}`;
}

function facts(grant: Grant): object {
  const { engineer, role, sessions, expiresAt, from, key } = grant;
  const { fingerprint } = key;
  return { engineer, role, sessions, expiresAt: isoTime(expiresAt), from, fingerprint };
}

export const FORCE = 'on the host only: also the last admin of all sessions';

export interface ScopeOptions {
  readonly session?: string;
  readonly force?: true;
}

/**
 * The session that a change of grants is about, or null for all, and what the actor may reach with it.
 *
 * @throws UsageError, NotPermittedError
 */
export function scopeOf(
  context: CommandContext,
  options: ScopeOptions,
): EditLimits & { readonly session: SessionName | null } {
  const session = options.session === undefined ? null : getSession(context, options.session);
  if (session === null) requireGlobalAdmin(context, 'say --session NAME for one of yours');
  else requireRole(context, session, 'admin');
  const isForced = options.force === true;
  if (isForced && context.actor.door !== 'local') {
    throw new NotPermittedError('--force counts on the host only');
  }
  return { session, within: context.adminScope(), isForced };
}
