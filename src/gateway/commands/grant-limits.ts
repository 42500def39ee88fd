import { NotPermittedError } from '../../base/errors.js';
import type { SessionName } from '../../base/ids.js';
import type { EditLimits } from '../access/edit-limits.js';
import type { CommandContext } from './context.js';
import { requireGlobalAdmin, requireRole } from './pane-target.js';

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
