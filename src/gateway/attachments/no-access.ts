import { visible } from '../../base/visible.js';

/** One wording for whatever is missing: a right, the session, or a possible name. */
export function noAccess(login: string): string {
  return `you have no access to a session named "${visible(login)}" here`;
}
