import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative, resolve } from 'node:path';
import { expect, it } from 'vitest';

interface RoomTables {
  readonly ROOMS: Record<string, readonly string[]>;
  readonly TYPES_OF_ALL: readonly string[];
  readonly PACKAGES: Record<string, readonly string[]>;
  readonly TO_COME: readonly string[];
}

interface RoomLine {
  readonly room: string;
  readonly process: string;
  readonly mayImport: string;
  readonly packages: string;
}

const CHECKOUT = resolve(import.meta.dirname, '../../..');
const tables = createRequire(import.meta.url)(join(CHECKOUT, 'scripts/rooms.cjs')) as RoomTables;
const lines = readTable(readFileSync(join(CHECKOUT, 'docs/design.md'), 'utf8'));
const rooms = lines.map(({ room }) => room);
/** The design names these by what they are. */
const WORDS: Record<string, string> = { 'the MCP SDK': '@modelcontextprotocol/sdk' };

it('the gate knows the rooms of the design, and no others', () => {
  expect(rooms.length).toBeGreaterThan(0);
  expect(Object.keys(tables.ROOMS)).toEqual(rooms);
});

it.each(lines)('the gate lets $room import what the design says', ({ room, mayImport }) => {
  expect([...(tables.ROOMS[room] ?? [])].sort()).toEqual(roomsNamedBy(mayImport).sort());
  expect(tables.TYPES_OF_ALL.includes(room)).toBe(mayImport === 'types of the rooms');
});

it.each(lines)('the gate lets $room import the packages of the design', ({ room, packages }) => {
  const owned = Object.keys(tables.PACKAGES).filter((name) =>
    tables.PACKAGES[name]?.includes(room),
  );
  expect(owned.sort()).toEqual(packagesNamedBy(packages).sort());
});

it('the wing is the process, and lets nothing of the other wing in', () => {
  for (const { room, process } of lines.filter((line) => line.room.includes('/'))) {
    const wing = room.split('/')[0];
    if (process !== 'both') expect(process).toBe(wing);
    const wings = (tables.ROOMS[room] ?? []).filter((name) => name.includes('/'));
    expect(wings.filter((name) => !name.startsWith(`${wing}/`))).toEqual([]);
  }
});

it.each(rooms.filter((room) => !tables.TO_COME.includes(room)))(
  'every room that %s may import is imported by it',
  (room) => {
    const allowed = tables.ROOMS[room] ?? [];
    const imported = importsOf(room);
    expect(allowed.filter((name) => !tables.TO_COME.includes(name) && !imported.has(name))).toEqual(
      [],
    );
  },
);

it.each(rooms.filter((room) => !tables.TO_COME.includes(room)))(
  'a header in %s says what it owns, promises and must never do',
  (room) => {
    const folder = join(CHECKOUT, 'src', room);
    const texts = readdirSync(folder)
      .filter((name) => name.endsWith('.ts'))
      .map((name) => readFileSync(join(folder, name), 'utf8'));
    const comments = texts.flatMap((text) => text.match(/\/\*\*.*?\*\//gs) ?? []);
    const isHeader = (text: string) =>
      [/\bOwns\b/, /\bPromises\b/, /\bnever\b/].every((word) => word.test(text));
    expect(comments.filter(isHeader)).not.toEqual([]);
  },
);

function readTable(text: string): RoomLine[] {
  const section = text.split('## Rooms')[1]?.split('\n## ')[0] ?? '';
  return section
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .map((line) => {
      const cells = line.split('|').map((cell) => cell.trim());
      const [, room = '', process = '', , mayImport = '', packages = ''] = cells;
      return { room: room.replaceAll('`', ''), process, mayImport, packages };
    });
}

/** Beyond `base` and `log`, which everybody may import: `link, host/{tap,tmux}`. */
function roomsNamedBy(cell: string): string[] {
  if (cell === '–' || cell === 'types of the rooms') return [];
  return cell.split(', ').flatMap((name) => {
    const [, wing = '', list] = /^(.*)\{(.*)\}$/.exec(name) ?? [];
    return list === undefined ? [name] : list.split(',').map((each) => `${wing}${each}`);
  });
}

/** The rooms that a room imports anything of, types included. */
function importsOf(room: string): Set<string> {
  const folder = join(CHECKOUT, 'src', room);
  const files = readdirSync(folder).filter((name) => name.endsWith('.ts'));
  const specifiers = files.flatMap((name) => [
    ...readFileSync(join(folder, name), 'utf8').matchAll(/(?:from |import\()'(\.\.?\/[^']+)'/g),
  ]);
  const src = join(CHECKOUT, 'src');
  return new Set(specifiers.map(([, path = '']) => dirname(relative(src, join(folder, path)))));
}

/** The cell is `commander (with cli), shlex`: of the words in brackets the other rooms speak. */
function packagesNamedBy(cell: string): string[] {
  const names = cell.replace(/ \([^)]*\)/g, '').split(', ');
  return names.filter((name) => name !== '').map((name) => WORDS[name] ?? name);
}
