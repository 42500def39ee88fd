import { NotPermittedError } from '../../base/errors.js';
import type { SessionName } from '../../base/ids.js';
import type { EditLimits } from '../access/edit-limits.js';
import { describeGrant, type Grant, type GrantDelta } from '../access/grant.js';
import type { CommandContext } from './context.js';
import { requireGlobalAdmin, requireRole } from './pane-target.js';

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
  const until = expiresAt === null ? null : new Date(expiresAt).toISOString();
  return { engineer, role, sessions, expiresAt: until, from, fingerprint: key.fingerprint };
}

export const FORCE = 'on the host only: also the last admin of all sessions';

export interface ForceOption {
  readonly force?: true;
}

/**
 * What the actor may reach with a change of grants, of `session` or of all where it is null.
 *
 * @throws NotPermittedError
 */
export function limitsOf(
  context: CommandContext,
  session: SessionName | null,
  { force }: ForceOption,
): EditLimits {
  if (session === null) requireGlobalAdmin(context, 'say --session NAME for one of yours');
  else requireRole(context, session, 'admin');
  const isForced = force === true;
  if (isForced && context.actor.door !== 'local') {
    throw new NotPermittedError('--force counts on the host only');
  }
  return { within: context.adminScope(), isForced };
}
