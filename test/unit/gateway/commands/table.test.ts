import { expect, test } from 'vitest';
import type { Role } from '../../../../src/gateway/access/role.js';
import { parseCommand } from '../../../../src/gateway/commands/parse.js';
import { VERBS } from '../../../../src/gateway/commands/table.js';

/** What each role may do; a verb that has no row here fails the test below. */
const LEAST_ROLE: Readonly<Record<string, Role>> = {
  status: 'observer',
  who: 'observer',
  watch: 'observer',
  capture: 'observer',
  logs: 'observer',
  events: 'observer',
  send: 'driver',
  keys: 'driver',
  start: 'driver',
  stop: 'driver',
  restart: 'driver',
  signal: 'driver',
  grants: 'admin',
  grant: 'admin',
  revoke: 'admin',
  kick: 'admin',
  reload: 'admin',
  down: 'admin',
};
/** Those that work on the files where nothing runs. */
const OFFLINE = ['grants', 'grant', 'revoke'];

test('every verb needs the role that is written down for it, and no other verb is there', () => {
  expect(Object.fromEntries(VERBS.map(({ name, role }) => [name, role]))).toEqual(LEAST_ROLE);
  expect(VERBS.filter(({ isOffline }) => isOffline).map(({ name }) => name)).toEqual(OFFLINE);
});

test.each(VERBS.map((verb) => [verb.name, verb] as const))(
  '%s --help has examples that can be run',
  (name, verb) => {
    for (const words of [
      [name, '--help'],
      ['help', name],
    ]) {
      const parsed = parseCommand(words, 'ssh pair@host');
      expect(parsed).toHaveProperty('help');
      const help = 'help' in parsed ? parsed.help : '';
      expect(help).toMatch(new RegExp(`^Usage: ${name} `));
      expect(help).toContain(`Needs the role ${verb.role}.`);
      for (const example of verb.examples) expect(help).toContain(`  ssh pair@host ${example}\n`);
    }
    for (const example of verb.examples) {
      const words = example.replaceAll("'", '').split(' ');
      expect(parseCommand(words, 'triad')).toMatchObject({ verb: { name } });
    }
  },
);

test.each([
  ['send worker go', 'send'],
  ['keys worker Enter', 'keys'],
  ['signal worker TERM', 'signal'],
  ['capture worker', 'capture'],
])('inside a pane `%s` is asked at the pane door', (line, verb) => {
  const parsed = parseCommand(line.split(' '), 'triad');
  const onPane = 'call' in parsed ? parsed.call.onPane : undefined;
  expect(onPane).toMatchObject({ target: 'worker', ask: { verb } });
});

test('help without a verb lists every verb with its role', () => {
  for (const words of [[], ['help'], ['--help'], ['-h']]) {
    const parsed = parseCommand(words, 'triad');
    for (const { name, role } of VERBS) {
      expect('help' in parsed ? parsed.help : '').toMatch(
        new RegExp(`^  ${name} .*\\[${role}\\]$`, 'm'),
      );
    }
  }
});

test.each([
  [['nonsense'], 'unknown command nonsense'],
  [['\u001b[31mred'], 'unknown command \\x1b[31mred'],
  [['__proto__'], 'unknown command __proto__'],
  [['send'], "missing required argument 'pane'"],
  [['signal', 'worker', 'STOP'], 'STOP is no signal that panes may be sent'],
  [['logs', 'worker', '--since', 'soon'], '--since: time must be like 10m'],
  [['logs', 'worker', '--lines', '1000001'], '--lines must be 0 to 1000000, got 1000001'],
  [['logs', 'worker', '--lines', '5', '--since', '1h'], 'say either --since or --lines'],
  [['events', '--lines', '10001'], '--lines must be 0 to 10000, got 10001'],
  [['restart', 'a', 'b'], 'too many arguments'],
  [['status', '--yaml'], "unknown option '--yaml'"],
  [['status', '--\u001b[2J'], "unknown option '--\\x1b[2J'"],
  [['capture', 'a', '--lines', '0'], '--lines must be 1 to 1000000'],
  [['capture', 'a', '--lines', '1000001'], '--lines must be 1 to 1000000'],
  [['capture', 'a', '--lines', 'ten'], '--lines must be 1 to 1000000, got ten'],
  [['capture', 'a', '--lines', '5', '--all'], 'say either --lines or --all'],
  [['grant', 'bob'], "required option '--role <role>' not specified"],
  [['grant', 'Bob', '--role', 'driver'], "an engineer's name must be"],
  [['grant', 'bob', '--role', 'king'], 'Allowed choices are observer, driver, admin'],
  [['grant', 'bob', '--role', 'driver', '--for', 'long'], 'duration must be like'],
  [['grant', 'bob', '--role', 'driver', '--until', '2020-01-01'], 'time must be in the future'],
  [['grant', 'bob', '--role', 'driver', '--for', '1h', '--until', 'never'], 'cannot be used with'],
  [['keys', 'worker'], "missing required argument 'key'"],
])('%j is refused as a usage error', (words, message) => {
  expect(() => parseCommand(words, 'triad')).toThrow(message);
  expect(() => parseCommand(words, 'triad')).toThrow(expect.objectContaining({ code: 'usage' }));
});
