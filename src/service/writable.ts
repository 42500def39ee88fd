import { existsSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { ConfigurationError, messageOf, TriadError } from '../base/errors.js';
import { findShortage } from '../base/shortage.js';
import { requireTrustedFolder, type TrustedPlace } from '../base/trusted-file.js';

/** @throws ConfigurationError that names `path` when `open` fails. */
export function written<T>(path: string, open: () => T): T {
  try {
    return open();
  } catch (error) {
    if (error instanceof TriadError) throw error;
    const shortage = findShortage(error);
    throw new ConfigurationError(`${path}: cannot be written: ${messageOf(error)}`, {
      hint:
        shortage === undefined
          ? 'choose another home: triad --home DIR, or correct the owner of this one'
          : `${shortage.words}: put that right and start again`,
      cause: error,
    });
  }
}

/**
 * Makes a directory that is private where it is new, and that nobody else can have put there.
 *
 * @throws ConfigurationError that names what cannot be made, or is another user's.
 */
export function openDirectory(place: TrustedPlace): void {
  written(place.path, () => {
    mkdirSync(place.root, { recursive: true, mode: 0o700 });
    makeMissing(place);
    requireTrustedFolder(place);
  });
}

/** Only in a folder that is trusted itself. */
function makeMissing({ root, path }: TrustedPlace): void {
  if (path === root || existsSync(path)) return;
  makeMissing({ root, path: dirname(path) });
  requireTrustedFolder({ root, path: dirname(path) });
  mkdirSync(path, { recursive: true, mode: 0o700 });
}
