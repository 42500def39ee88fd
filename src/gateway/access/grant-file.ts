import { ConfigurationError, messageOf, systemCode } from '../../base/errors.js';
import { readTrustedFile, type TrustedPath, trustVersion } from '../../base/trusted-file.js';
import { type AuthorizedKeys, MAX_FILE_BYTES, parseAuthorizedKeys } from './authorized-keys.js';

/** The mode of a new file, which only its owner reads: who may do what concerns nobody else. */
const NEW_FILE_MODE = 0o600;

/** A file that could be read, or that is not there: then nobody has a grant. */
export interface ReadableGrantFile {
  readonly file: AuthorizedKeys;
  readonly mode: number;
  /** The version that `trustVersion` gave before the file was read. */
  readonly version: string;
}

/** A file that is there and cannot be used, and what to do about it. */
export interface UnreadableGrantFile {
  readonly problem: string;
  /** What to do about it; undefined where the problem says it. */
  readonly hint: string | undefined;
  readonly version: string;
}

const NO_LINES: AuthorizedKeys = { lines: [], grants: [], problems: [] };

/**
 * Reads and checks the file; what is wrong with it as a whole comes as an answer. Who could write it, or
 * replace it, could give themselves any role.
 */
export function readGrantFile(location: TrustedPath): ReadableGrantFile | UnreadableGrantFile {
  const version = trustVersion(location);
  try {
    const { bytes, status } = readTrustedFile(location, MAX_FILE_BYTES + 1);
    const parsed = parseAuthorizedKeys(bytes);
    if ('problem' in parsed) {
      const hint = 'keep one key per line and remove what is no key';
      return { problem: `${location.path}: cannot be used: ${parsed.problem}`, hint, version };
    }
    return { file: parsed, mode: status.mode & 0o777, version };
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return { file: NO_LINES, mode: NEW_FILE_MODE, version };
    return { ...problemOf(location.path, error), version };
  }
}

function problemOf(path: string, error: unknown): Omit<UnreadableGrantFile, 'version'> {
  if (error instanceof ConfigurationError) return { problem: error.message, hint: undefined };
  return {
    problem: `${path}: cannot be read: ${messageOf(error)}`,
    hint: `let user ${process.geteuid?.() ?? 0} read it, for example with chown and chmod 600 ${path}`,
  };
}
