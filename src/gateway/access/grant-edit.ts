import { InvariantError, RefusedError, UsageError } from '../../base/errors.js';
import type { EngineerName, SessionName } from '../../base/ids.js';
import { addressPatternsProblem } from './address-pattern.js';
import { isWithin } from './admin-scope.js';
import {
  type AuthorizedKeys,
  type FileLine,
  formatAuthorizedKeys,
  type GrantLine,
  parseAuthorizedKeys,
} from './authorized-keys.js';
import { beyondScope, type EditLimits, refuseBeyond, refuseEffect } from './edit-limits.js';
import { wholeSecond } from './expiry-time.js';
import { coversSession, type Grant, type GrantDelta, hasExpired } from './grant.js';
import { type GrantTerms, isSameTerms, optionsFor, writeTerms } from './grant-terms.js';
import type { KeyOption } from './key-option.js';
import type { PublicKey } from './public-key.js';
import type { Role } from './role.js';

/** What `triad grant` asks for. */
export interface GrantChange extends EditLimits {
  readonly engineer: EngineerName;
  readonly role: Role;
  /** Keys to add where they are not there; none is needed for an engineer who has some. */
  readonly keys: readonly PublicKey[];
  /**
   * The only session the change is about. With null it is about every line of the engineer, each
   * of which keeps its sessions; a key that is new is good for all of them.
   */
  readonly session: SessionName | null;
  /** Epoch ms, null for never; undefined keeps what a line says, unless that is in the past. */
  readonly expiresAt?: number | null | undefined;
  /** Pattern list for `from=`, null for anywhere; undefined keeps what a line says. */
  readonly from?: string | null | undefined;
}

/** What `triad revoke` asks for. */
export interface RevokeChange extends EditLimits {
  readonly engineer: EngineerName;
  /** The only session to take away; null for all of them. */
  readonly session: SessionName | null;
  /** Every session there is: what is left of a line for all sessions is one for the others. */
  readonly allSessions: readonly SessionName[];
}

export interface GrantEdit {
  readonly file: AuthorizedKeys;
  /** Empty when the file says already what was asked for. */
  readonly deltas: readonly GrantDelta[];
}

/** A line of the file to be, and what it granted before; null for one that is new, or never granted anything. */
interface Draft<Line extends FileLine = FileLine> {
  readonly line: Line;
  readonly before: Grant | null;
}

/**
 * Gives an engineer's lines a role, and new terms where the change states some.
 *
 * For one session, a line that covers others as well stays as it is, and a line for that session
 * alone comes before it, since the first line that fits wins. A key that does not cover the session
 * gets a line for it with its other restrictions. All other lines stay byte for byte.
 *
 * @throws RefusedError when a key is another engineer's, or none is known and none given, or the last
 * admin of all sessions would go; NotPermittedError beyond the change's limits.
 */
export function applyGrant(file: AuthorizedKeys, change: GrantChange, now: number): GrantEdit {
  refuseBeyond(file, change);
  refuseUnusable(file, change, now);
  let drafts: Draft[] = [];
  for (const line of file.lines) {
    if (isInScope(line, change)) drafts.push(...grantedLines(line, { change, now, drafts }));
    else drafts.push(draftOf(line));
  }
  drafts = addUncoveredKeys(drafts, change, now);
  const known = new Set(keysOf(drafts, change.engineer));
  const added = change.keys.filter((key) => !known.has(key.fingerprint));
  const edit = finish(file, [...drafts, ...added.map((key) => newLine(key, change))]);
  refuseEffect(file, edit, { ...change, now });
  return edit;
}

/**
 * Takes an engineer's access away, all of it or to one session. Lines that claim a key of theirs for
 * somebody else go as well, since they would begin to count.
 *
 * @throws RefusedError when no line is the engineer's, or the last admin of all sessions would go;
 * NotPermittedError beyond the change's limits.
 */
export function applyRevoke(file: AuthorizedKeys, change: RevokeChange, now: number): GrantEdit {
  refuseBeyond(file, change);
  const { within = 'all' } = change;
  const own = file.lines.filter((line) =>
    isInScope(line, { engineer: change.engineer, session: null }),
  );
  if (!own.some(({ grant }) => isWithin(grant, within))) {
    throw new RefusedError(`there is no grant for ${change.engineer}`, {
      hint: 'triad grants lists who has access',
    });
  }
  const left = new Map(own.map((line) => [line as FileLine, revokedLine(line, change)]));
  const leftKeys = new Set(keysOf([...left.values()].flat(), change.engineer));
  const lostKeys = new Set(
    own.map((line) => line.grant.key.fingerprint).filter((key) => !leftKeys.has(key)),
  );
  const claims = file.lines.filter(
    (line) => line.kind === 'bad' && lostKeys.has(line.claimedKey?.fingerprint ?? ''),
  );
  if (claims.length > 0 && within !== 'all') throw beyondScope(change.engineer);
  const kept = file.lines.filter((line) => !claims.includes(line));
  const edit = finish(
    file,
    kept.flatMap((line) => left.get(line) ?? [draftOf(line)]),
  );
  refuseEffect(file, edit, { ...change, now });
  return edit;
}

function refuseUnusable(file: AuthorizedKeys, change: GrantChange, now: number): void {
  const { engineer, expiresAt, from, within = 'all' } = change;
  if (expiresAt !== undefined && expiresAt !== null && expiresAt <= now) {
    throw new UsageError('the time a grant ends must be in the future');
  }
  const problem = from === undefined || from === null ? undefined : addressPatternsProblem(from);
  if (problem !== undefined) throw new UsageError(problem);
  refuseForeignKeys(file, change);
  const isKnown = file.grants.some(
    (grant) => grant.engineer === engineer && isWithin(grant, within),
  );
  if (!isKnown && change.keys.length === 0) {
    throw new RefusedError(`there is no key of ${engineer} yet`, {
      hint: `triad grant ${engineer} --role ${change.role} --key FILE.pub adds one`,
    });
  }
}

function refuseForeignKeys(
  file: AuthorizedKeys,
  { engineer, keys, within = 'all' }: GrantChange,
): void {
  for (const { fingerprint } of keys) {
    const owner = file.grants.find((grant) => grant.key.fingerprint === fingerprint);
    if (owner === undefined || owner.engineer === engineer) continue;
    if (!isWithin(owner, within)) throw new RefusedError(`the key ${fingerprint} is not free`);
    throw new RefusedError(`the key ${fingerprint} is ${owner.engineer}'s`, {
      hint: `a key belongs to one engineer: triad revoke ${owner.engineer} frees it`,
    });
  }
}

function isInScope(
  line: FileLine,
  { engineer, session }: Pick<GrantChange, 'engineer' | 'session'>,
): line is GrantLine {
  if (line.kind !== 'grant' || line.grant.engineer !== engineer) return false;
  return session === null || coversSession(line.grant, session);
}

/** A line with the terms that were asked for; or, for one session of several, a line before it. */
function grantedLines(
  line: GrantLine,
  { change, now, drafts }: { change: GrantChange; now: number; drafts: readonly Draft[] },
): Draft[] {
  const { session } = change;
  const terms = grantedTerms(line.grant, change, now);
  if (session === null || String(line.grant.sessions) === session) {
    return [rewritten(line, terms)];
  }
  const narrow = narrowLine(line, { ...terms, sessions: [session] });
  const isThere = drafts.some((draft) => isGrant(draft) && isSameGrant(draft.line, narrow.line));
  return isThere || isSameTerms({ ...terms, sessions: line.grant.sessions }, line.grant)
    ? [draftOf(line)]
    : [narrow, draftOf(line)];
}

/** Restrictions that are not mentioned stay, except an end in the past: access begins now. */
function grantedTerms(grant: Grant, change: GrantChange, now: number): GrantTerms {
  const { sessions } = grant;
  const kept = hasExpired(grant, now) ? null : grant.expiresAt;
  const expiresAt = change.expiresAt === undefined ? kept : statedExpiry(change);
  const from = change.from === undefined ? grant.from : change.from;
  return { role: change.role, sessions, expiresAt, from };
}

function statedExpiry({ expiresAt = null }: GrantChange): number | null {
  return expiresAt === null ? null : wholeSecond(expiresAt);
}

/** Every key of the engineer that has lines within the limits, but none for the session, gets one. */
function addUncoveredKeys(drafts: readonly Draft[], change: GrantChange, now: number): Draft[] {
  const { engineer, session, within = 'all' } = change;
  if (session === null) return [...drafts];
  const isOwn = (grant: Grant) => grant.engineer === engineer && isWithin(grant, within);
  const own = drafts.filter(isGrant).filter(({ line }) => isOwn(line.grant));
  const lastOf = new Map(own.map((draft) => [draft.line.grant.key.fingerprint, draft]));
  for (const { line } of own) {
    if (coversSession(line.grant, session)) lastOf.delete(line.grant.key.fingerprint);
  }
  const last = new Set<Draft>(lastOf.values());
  return drafts.flatMap((draft) => {
    if (!isGrant(draft) || !last.has(draft)) return [draft];
    const terms = grantedTerms(draft.line.grant, change, now);
    return [draft, narrowLine(draft.line, { ...terms, sessions: [session] })];
  });
}

/** What is left of a line: nothing, the line itself, or the line for fewer sessions. */
function revokedLine(line: GrantLine, change: RevokeChange): Draft[] {
  const { session } = change;
  if (session === null) return [];
  if (!coversSession(line.grant, session)) return [draftOf(line)];
  const covered = line.grant.sessions === 'all' ? change.allSessions : line.grant.sessions;
  const sessions = covered.filter((name) => name !== session);
  return sessions.length === 0 ? [] : [rewritten(line, { ...line.grant, sessions })];
}

function draftOf(line: FileLine): Draft {
  return { line, before: line.kind === 'grant' ? line.grant : null };
}

function isGrant(draft: Draft): draft is Draft<GrantLine> {
  return draft.line.kind === 'grant';
}

function rewritten(line: GrantLine, terms: GrantTerms): Draft {
  if (isSameTerms(terms, line.grant)) return draftOf(line);
  return { line: withTerms(line, terms), before: line.grant };
}

/** A new line with a line's key and other options. */
function narrowLine(line: GrantLine, terms: GrantTerms): Draft<GrantLine> {
  const end = line.end === '' ? '\n' : line.end;
  return { line: { ...withTerms(line, terms), end }, before: null };
}

function withTerms(line: GrantLine, terms: GrantTerms): GrantLine {
  const options = writeTerms(line.options, line.grant, terms);
  const text = textOf(options, line.keyText);
  return { ...line, text, options, grant: { ...line.grant, ...terms } };
}

function newLine(key: PublicKey, change: GrantChange): Draft {
  const { engineer, role, session, from = null } = change;
  const sessions = session === null ? 'all' : [session];
  const terms: GrantTerms = { role, sessions, expiresAt: statedExpiry(change), from };
  const options = optionsFor(terms);
  const keyText = `${key.type} ${key.blob.toString('base64')} ${engineer}`;
  const text = textOf(options, keyText);
  const grant = { ...terms, engineer, key, line: 0 };
  return { line: { kind: 'grant', text, end: '\n', options, keyText, grant }, before: null };
}

function textOf(options: readonly KeyOption[], keyText: string): string {
  if (options.length === 0) return keyText;
  return `${options.map((option) => option.text).join(',')} ${keyText}`;
}

function isSameGrant(one: GrantLine, other: GrantLine): boolean {
  return (
    one.grant.key.fingerprint === other.grant.key.fingerprint && isSameTerms(one.grant, other.grant)
  );
}

function keysOf(drafts: readonly Draft[], engineer: EngineerName): string[] {
  const grants = drafts.filter(isGrant).map(({ line }) => line.grant);
  return grants.filter((grant) => grant.engineer === engineer).map(({ key }) => key.fingerprint);
}

/** Reads the drafts as the file they are going to be, and tells what became of each line. */
function finish(old: AuthorizedKeys, drafts: readonly Draft[]): GrantEdit {
  const lines = drafts.map(({ line }, index) =>
    line.end === '' && index < drafts.length - 1 ? { ...line, end: '\n' as const } : line,
  );
  const file = parseAuthorizedKeys(formatAuthorizedKeys(lines));
  if ('problem' in file) throw new RefusedError(`the file of grants is full: ${file.problem}`);
  if (file.problems.length > old.problems.length) {
    throw new InvariantError(`an edit made a bad line: ${file.problems.at(-1)?.reason ?? ''}`);
  }
  return { file, deltas: deltasOf(old, drafts, file) };
}

function deltasOf(
  old: AuthorizedKeys,
  drafts: readonly Draft[],
  file: AuthorizedKeys,
): GrantDelta[] {
  const kept = new Set(drafts.map((draft) => draft.before));
  const removed = old.grants.filter((grant) => !kept.has(grant));
  const written = drafts.flatMap(({ before }, index): GrantDelta[] => {
    const line = file.lines[index];
    if (line?.kind !== 'grant') return [];
    if (before !== null && isSameTerms(before, line.grant)) return [];
    return [{ before, after: line.grant }];
  });
  return [...removed.map((before): GrantDelta => ({ before, after: null })), ...written];
}
