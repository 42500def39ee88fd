import { mkdirSync } from 'node:fs';
import { ConfigurationError, messageOf } from '../base/errors.js';

/** @throws ConfigurationError that names `path` when `open` fails. */
export function written<T>(path: string, open: () => T): T {
  try {
    return open();
  } catch (error) {
    throw new ConfigurationError(`${path}: cannot be written: ${messageOf(error)}`, {
      hint: 'choose another home: triad --home DIR, or correct the owner of this one',
      cause: error,
    });
  }
}

/** Makes a directory that is private where it is new. */
export function openDirectory(path: string): void {
  written(path, () => mkdirSync(path, { recursive: true, mode: 0o700 }));
}
