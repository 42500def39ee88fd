import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { expect, it } from 'vitest';

interface RoomTables {
  readonly ROOMS: Record<string, readonly string[]>;
  readonly TYPES_OF_ALL: readonly string[];
  readonly PACKAGES: Record<string, readonly string[]>;
  readonly HOST_ROOMS: readonly string[];
  readonly GATEWAY_ROOMS: readonly string[];
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
  expect([...(tables.ROOMS[room] ?? [])].sort()).toEqual(roomsNamedBy(room, mayImport).sort());
  expect(tables.TYPES_OF_ALL.includes(room)).toBe(mayImport === 'types of the rooms');
});

it.each(lines)('the gate lets $room import the packages of the design', ({ room, packages }) => {
  const owned = Object.keys(tables.PACKAGES).filter((name) =>
    tables.PACKAGES[name]?.includes(room),
  );
  expect(owned.sort()).toEqual(packagesNamedBy(packages).sort());
});

it('the gate keeps the rooms of the two processes apart that the design calls so', () => {
  const roomsOf = (name: string) =>
    lines.filter(({ process }) => process === name).map(({ room }) => room);
  expect(tables.HOST_ROOMS).toEqual(roomsOf('host'));
  expect(tables.GATEWAY_ROOMS).toEqual(roomsOf('gateway'));
});

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

/** Beyond `base` and `log`, which everybody may import. */
function roomsNamedBy(room: string, cell: string): string[] {
  const shared = ['base', 'log'];
  if (cell === '–' || cell === 'types of the rooms') return [];
  if (cell === 'all but cli') {
    return rooms.filter((name) => ![room, 'cli', ...shared].includes(name));
  }
  return cell.split(', ');
}

/** The cell is `commander (with cli), shlex`: of the words in brackets the other rooms speak. */
function packagesNamedBy(cell: string): string[] {
  const names = cell.replace(/ \([^)]*\)/g, '').split(', ');
  return names.filter((name) => name !== '').map((name) => WORDS[name] ?? name);
}
