import { describeGrant, type Grant, type GrantDelta } from '../access/grant.js';

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
