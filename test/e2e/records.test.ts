import { readdirSync, renameSync, rmSync, truncateSync } from 'node:fs';
import { expect, test } from 'vitest';
import { count } from '../helpers/counts.js';
import { eventually } from '../helpers/eventually.js';
import { TriadHome } from '../helpers/triad-home.js';

type Line = Record<string, unknown>;

/** Two panes that end again and again, one of them by a signal, and one that goes on. */
const BUSY = `sessions:
  - name: pair
    panes:
      - {name: quick, command: [sh, -c, 'exit 3'], backoff: {first: 20ms, factor: 1}, crashLimit: none}
      - {name: killed, command: [sh, -c, 'kill -9 $$'], backoff: {first: 30ms, factor: 1}, crashLimit: none}
      - {name: steady, command: [cat]}
`;

/** Every line of a record, also of those files that were taken away; each must be whole. */
function allLines(home: TriadHome, name: string): Line[] {
  const files = readdirSync(home.path('state')).filter((file) => file.startsWith(name));
  return files
    .filter((file) => !file.endsWith('.marks'))
    .flatMap((file) => home.lines(`state/${file}`));
}

function runsIn(lines: readonly Line[], kind: string): string[] {
  const own = lines.filter((line) => line['kind'] === kind);
  return own.map(({ pane, facts }) => `${String(pane)} ${String((facts as Line)['run'])}`).sort();
}

function expectOnce(lines: readonly Line[]): void {
  const [started, ended] = [runsIn(lines, 'command-started'), runsIn(lines, 'command-ended')];
  expect(started).toEqual([...new Set(started)]);
  expect(ended).toEqual([...new Set(ended)]);
  expect(ended).toEqual(started);
  expect(started.length).toBeGreaterThan(3);
}

test('every run has one start and one end on record, however often the host is killed and files are taken away', async () => {
  await using home = await TriadHome.make({ triad: BUSY });
  const take: ((file: string) => void)[] = [
    () => undefined,
    (file) => renameSync(file, `${file}-${Date.now()}`),
  ];
  const rounds = count(3, 40);
  for (let round = 0; round < rounds; round += 1) {
    const up = await home.up();
    const before = allLines(home, 'events.jsonl').length;
    for (const file of ['state/events.jsonl', 'state/audit.jsonl']) {
      take[round % take.length]?.(home.path(file));
    }
    await eventually('more events have happened', () => {
      return allLines(home, 'events.jsonl').length > before + 12 + 7 * round;
    });
    up.process.kill('SIGKILL');
    await up.ended;
  }
  const up = await home.up();
  expect(await home.run(['down', '--session'])).toMatchObject({ code: 0 });
  await up.ended;
  const events = allLines(home, 'events.jsonl').sort(
    (a, b) => Number(a['number']) - Number(b['number']),
  );
  expect(events.map(({ number }) => number)).toEqual(events.map((_, index) => index + 1));
  expectOnce(events);
  const audited = allLines(home, 'audit.jsonl').filter(({ event }) => event === 'host-event');
  const numbers = audited.map(({ number }) => Number(number)).sort((a, b) => a - b);
  expect(numbers).toEqual([...new Set(numbers)]);
});

test('records and logs that are removed or emptied while Triad runs go on in their place', async () => {
  await using home = await TriadHome.make();
  await home.up();
  const files = ['state/events.jsonl', 'state/audit.jsonl', 'state/triad.log'];
  for (const takeAway of [rmSync, (file: string) => truncateSync(file, 0)]) {
    for (const file of files) takeAway(home.path(file));
    const restarted = await home.run(['restart', 'pair:worker']);
    expect(restarted.code, restarted.stderr).toBe(0);
    for (const file of files) {
      await eventually(
        `${file} goes on`,
        () =>
          readdirSync(home.path('state')).includes(file.slice(6)) && home.lines(file).length > 0,
      );
    }
  }
});
