import type { ChildProcess } from 'node:child_process';
import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { giveUpSilentClientsSoon } from '../helpers/client-alive.js';
import { count } from '../helpers/counts.js';
import { eventually } from '../helpers/eventually.js';
import { censusOf } from '../helpers/process-census.js';
import { Terminal } from '../helpers/terminal.js';
import { TmuxProbe } from '../helpers/tmux-probe.js';
import { FORMS, type Serving, startAs } from '../helpers/triad-form.js';
import { TriadHome } from '../helpers/triad-home.js';
import { Wire } from '../helpers/wire.js';

/** Pairs of a driver and an observer who come and leave at once; each form gets half of all. */
const CYCLES = count(2, 250);
const PAIRS_AT_ONCE = 5;
const HOOK = join(import.meta.dirname, '../helpers/resource-census.mjs');

interface Crowd {
  readonly drivers: readonly Terminal[];
  readonly observers: readonly Terminal[];
  readonly everybody: readonly Terminal[];
  readonly wire: Wire;
}

/** Each way to leave, and how the clients that leave so end. */
const WAYS: Readonly<Record<string, (crowd: Crowd) => Promise<void>>> = {
  'who leave by a key': async ({ drivers, observers, everybody }) => {
    for (const observer of observers) observer.type('q');
    for (const driver of drivers) {
      // One by one: tmux takes keys that come at the same instant for a paste (assume-paste-time).
      driver.type('\x02d');
      expect(await driver.status()).toBe(0);
    }
    for (const terminal of everybody) expect(await terminal.status()).toBe(0);
  },
  'whose ssh is killed': async ({ everybody }) => {
    for (const terminal of everybody) terminal.process.kill('SIGKILL');
  },
  'whose connection ends (FIN)': async ({ wire, everybody }) => {
    wire.finish();
    for (const terminal of everybody) expect(await terminal.status()).toBe(255);
  },
  'whose connection is cut (RST)': async ({ wire, everybody }) => {
    wire.cut();
    for (const terminal of everybody) expect(await terminal.status()).toBe(255);
  },
  'whose ssh stops until it is given up': async ({ everybody }) => {
    for (const terminal of everybody) terminal.process.kill('SIGSTOP');
  },
  'whose network is dead until they are given up': async ({ wire }) => {
    wire.goDead();
  },
};

/** What processes hold, by what it is; only ever compared. */
type Holdings = ReadonlyMap<string, number>;

describe.each(FORMS)('in %s', (form) => {
  let home: TriadHome;
  let serving: Serving;
  let probe: TmuxProbe;
  let before: Holdings;

  beforeAll(async () => {
    home = await TriadHome.make({
      people: { dora: 'driver', olga: 'observer' },
      env: { NODE_OPTIONS: `--import ${HOOK}` },
    });
    giveUpSilentClientsSoon(home);
    serving = await startAs(form, home);
    probe = await TmuxProbe.of(home);
    // The first attachments load what is loaded once.
    for (const way of Object.values(WAYS).slice(0, 2)) await comeAndLeave(1, way);
    before = await holdings();
  });

  afterAll(async () => {
    await home[Symbol.asyncDispose]();
  });

  async function comeAndLeave(pairs: number, leave: (crowd: Crowd) => Promise<void>) {
    await using wire = await Wire.to(serving.gateway.port);
    const attach = (person: 'dora' | 'olga') =>
      Terminal.ssh({ port: wire.port, keyPath: home.keyOf(person) });
    const drivers = Array.from({ length: pairs }, () => attach('dora'));
    const observers = Array.from({ length: pairs }, () => attach('olga'));
    const everybody = [...drivers, ...observers];
    try {
      for (const driver of drivers) await driver.sees('driving');
      for (const observer of observers) await observer.sees('watching');
      await leave({ drivers, observers, everybody, wire });
      await nobodyIsThere();
    } finally {
      for (const terminal of everybody) await terminal[Symbol.asyncDispose]();
    }
  }

  async function nobodyIsThere(): Promise<void> {
    await eventually('the tmux clients are gone', async () => (await probe.clients()).length === 0);
    await eventually('the attachments are closed', () => {
      const [opened, closed] = attachments();
      return opened === closed;
    });
  }

  /** How many were opened, and how many were closed again, on record. */
  function attachments(): [opened: number, closed: number] {
    const events = home.lines('state/audit.jsonl').map((line) => String(line['event']));
    const countOf = (name: string) => events.filter((event) => event === name).length;
    return [countOf('attachment-opened'), countOf('attachment-closed')];
  }

  async function holdings(): Promise<Holdings> {
    const all: [string, number][] = [];
    for (const { process: child } of new Set([serving.host, serving.gateway])) {
      const command = child.spawnargs[2] ?? '';
      const seen = { ...(await resourcesOf(child, command)), ...censusOf(child.pid ?? 0) };
      all.push(...flattened(command, seen));
    }
    const tmux = await probe.serverPid();
    return new Map([...all, ...flattened('tmux', censusOf(tmux))]);
  }

  async function resourcesOf(child: ChildProcess, command: string): Promise<object> {
    const name = `resources-${command}`;
    rmSync(home.path(name), { force: true });
    child.kill('SIGUSR2');
    await eventually('the process told what it holds', () => existsSync(home.path(name)));
    return JSON.parse(home.read(name)) as object;
  }

  async function nothingIsLeft(): Promise<void> {
    let more: string[] = [];
    const isLess = async () => {
      const now = [...(await holdings())];
      more = now
        .filter(([what, number]) => number > (before.get(what) ?? 0))
        .map(([what, number]) => `${what}: ${before.get(what) ?? 0} before, ${number} now`);
      return more.length === 0;
    };
    await eventually('all that people used was given back', isLess, () => more.join('\n'));
  }

  test.each(Object.entries(WAYS))(
    'drivers and observers %s leave nothing behind',
    async (_, leave) => {
      for (let left = CYCLES; left > 0; left -= PAIRS_AT_ONCE) {
        await comeAndLeave(Math.min(left, PAIRS_AT_ONCE), leave);
      }
      await nothingIsLeft();
    },
    600_000,
  );

  test('drivers who are killed before they see anything leave nothing behind', async () => {
    for (let round = 0; round < CYCLES; round += 1) {
      const { port } = serving.gateway;
      await using driver = Terminal.ssh({ port, keyPath: home.keyOf('dora') });
      await eventually('the client connects', () => driver.output.includes('Permanently added'));
      driver.process.kill('SIGKILL');
    }
    await nobodyIsThere();
    await nothingIsLeft();
  }, 600_000);

  test('each attachment that was opened was closed on record', () => {
    const [opened, closed] = attachments();
    expect(opened).toBeGreaterThanOrEqual(CYCLES * 2 * Object.keys(WAYS).length);
    expect(closed).toBe(opened);
  });
});

/** Counts within counts, each under the names that lead to it. */
function flattened(name: string, counts: object): [string, number][] {
  return Object.entries(counts).flatMap(([key, value]: [string, unknown]) => {
    if (typeof value === 'number') return [[`${name} ${key}`, value] as [string, number]];
    return typeof value === 'object' && value !== null ? flattened(`${name} ${key}`, value) : [];
  });
}
