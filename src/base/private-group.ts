import { readFileSync } from 'node:fs';

/** A larger file is not read: people keep none so large by hand. */
const MAX_BYTES = 4 * 1024 * 1024;

/**
 * Whether a group has exactly one member, the user `uid`: a user's own group, with which some systems make
 * files group-writable (umask 002). Groups that are not in `/etc/group` are never private.
 */
export function isPrivateGroup(
  gid: number,
  uid: number,
  read: (path: string) => string = readText,
): boolean {
  const rows = rowsOf(read('/etc/passwd'));
  const users = rows.map(([name = '', , id, group]) => ({ name, id, group }));
  const owner = users.find(({ id }) => id === `${uid}`);
  const group = rowsOf(read('/etc/group')).find(([, , id]) => id === `${gid}`);
  if (owner === undefined || group === undefined) return false;
  const primary = users.filter(({ group: of }) => of === `${gid}`).map(({ name }) => name);
  const listed = (group[3] ?? '').split(',').filter((name) => name !== '');
  const members = [...primary, ...listed];
  return members.length > 0 && members.every((name) => name === owner.name);
}

function rowsOf(text: string): string[][] {
  return text.split('\n').map((line) => line.split(':'));
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8').slice(0, MAX_BYTES);
  } catch {
    return '';
  }
}
