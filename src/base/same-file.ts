import type { Stats } from 'node:fs';

export type FileIdentity = Pick<Stats, 'dev' | 'ino'>;

/** Whether both are one file, whatever its names are; nothing is no file. */
export function isSameFile(
  one: FileIdentity | undefined,
  other: FileIdentity | undefined,
): boolean {
  return one !== undefined && one.dev === other?.dev && one.ino === other.ino;
}
