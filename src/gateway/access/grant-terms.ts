import type { Problem } from '../../base/errors.js';
import { isName, NAME_RULE, type SessionName, sessionName } from '../../base/ids.js';
import { visible } from '../../base/visible.js';
import { addressPatternsProblem } from './address-pattern.js';
import { formatExpiryTime, parseExpiryTime } from './expiry-time.js';
import type { Grant } from './grant.js';
import { type KeyOption, withOption } from './key-option.js';
import { isRole, ROLES } from './role.js';

/** What the options of a line say about its grant. */
export type GrantTerms = Pick<Grant, 'role' | 'sessions' | 'expiresAt' | 'from'>;

/** Options of OpenSSH that ask for what Triad does anyway: it forwards nothing and runs no rc file. */
const ALREADY_SO: ReadonlySet<string> = new Set([
  'restrict',
  'no-port-forwarding',
  'no-agent-forwarding',
  'no-x11-forwarding',
  'no-user-rc',
]);

/** How each option with a value changes the terms. */
const READERS: ReadonlyMap<string, (value: string) => Partial<GrantTerms> | Problem> = new Map([
  ['role', readRole],
  ['sessions', readSessions],
  ['expiry-time', readExpiry],
  ['from', readFrom],
]);

/** The least a line gives: watching every session, without end, from anywhere. */
const DEFAULT_TERMS: GrantTerms = {
  role: 'observer',
  sessions: 'all',
  expiresAt: null,
  from: null,
};

/** The terms that options state; every option must be understood, and none may come twice. */
export function readTerms(options: readonly KeyOption[]): GrantTerms | Problem {
  let terms = DEFAULT_TERMS;
  const seen = new Set<string>();
  for (const option of options) {
    if (seen.has(option.name)) return { problem: `option ${option.name} is there twice` };
    seen.add(option.name);
    const stated = readOption(option);
    if ('problem' in stated) return stated;
    terms = { ...terms, ...stated };
  }
  return terms;
}

/** Changes options where they state something else than `terms`; the others stay as they are. */
export function writeTerms(
  options: readonly KeyOption[],
  stated: GrantTerms,
  terms: GrantTerms,
): readonly KeyOption[] {
  const { role, sessions, expiresAt, from } = terms;
  let written = options;
  if (role !== stated.role) written = withOption(written, 'role', role);
  if (String(sessions) !== String(stated.sessions)) {
    written = withOption(written, 'sessions', sessions === 'all' ? null : sessions.join(','));
  }
  if (expiresAt !== stated.expiresAt) {
    const value = expiresAt === null ? null : formatExpiryTime(expiresAt);
    written = withOption(written, 'expiry-time', value);
  }
  if (from !== stated.from) written = withOption(written, 'from', from);
  return written;
}

/** The options of a new line; its role is always written out. */
export function optionsFor(terms: GrantTerms): readonly KeyOption[] {
  return writeTerms(
    withOption([], 'role', terms.role),
    { ...DEFAULT_TERMS, role: terms.role },
    terms,
  );
}

export function isSameTerms(one: GrantTerms, other: GrantTerms): boolean {
  return (
    one.role === other.role &&
    String(one.sessions) === String(other.sessions) &&
    one.expiresAt === other.expiresAt &&
    one.from === other.from
  );
}

function readOption({ name, value }: KeyOption): Partial<GrantTerms> | Problem {
  const read = READERS.get(name);
  if (read !== undefined) {
    return value === null || value === ''
      ? { problem: `option ${name} needs a value` }
      : read(value);
  }
  if (!ALREADY_SO.has(name)) return { problem: `unknown option "${visible(name, 64)}"` };
  return value === null ? {} : { problem: `option ${name} takes no value` };
}

function readRole(value: string): Partial<GrantTerms> | Problem {
  if (isRole(value)) return { role: value };
  return { problem: `role must be ${ROLES.join(', ')}, got "${visible(value, 64)}"` };
}

function readSessions(value: string): Partial<GrantTerms> | Problem {
  const sessions = new Set<SessionName>();
  for (const name of value.split(',')) {
    if (!isName(name)) {
      return { problem: `session must be ${NAME_RULE}, got "${visible(name, 64)}"` };
    }
    sessions.add(sessionName(name));
  }
  return { sessions: [...sessions] };
}

function readExpiry(value: string): Partial<GrantTerms> | Problem {
  const expiresAt = parseExpiryTime(value);
  if (expiresAt !== undefined) return { expiresAt };
  const forms = 'YYYYMMDD, YYYYMMDDHHMM or YYYYMMDDHHMMSS, and Z for UTC';
  return { problem: `expiry-time must be ${forms}, got "${visible(value, 32)}"` };
}

function readFrom(value: string): Partial<GrantTerms> | Problem {
  const problem = addressPatternsProblem(value);
  return problem === undefined ? { from: value } : { problem };
}
