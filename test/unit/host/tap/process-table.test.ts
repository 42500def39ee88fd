import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ProcessTable } from '../../../../src/host/tap/process-table.js';
import { FakeClock } from '../../../helpers/fake-clock.js';

/** A folder that looks like proc(5), with processes that a test writes. */
class FakeProcesses implements Disposable {
  readonly root = mkdtempSync(join(tmpdir(), 'triad-proc-'));

  constructor() {
    writeFileSync(join(this.root, 'uptime'), '1000.00 1.0\n');
  }

  put(pid: number, parent: number, { ticks = 0, pages = 0, name = 'sh' } = {}): void {
    const until = `${pid} (${name}) S ${parent} 1 1 0 -1 4194304 0 0 0 0`;
    mkdirSync(join(this.root, `${pid}`), { recursive: true });
    writeFileSync(
      join(this.root, `${pid}`, 'stat'),
      `${until} ${ticks} 0 0 0 20 0 1 0 99000 1 ${pages} 1\n`,
    );
  }

  [Symbol.dispose](): void {
    rmSync(this.root, { recursive: true, force: true });
  }
}

test('a command is counted with everything that it started, by any name', async () => {
  using processes = new FakeProcesses();
  processes.put(10, 1, { pages: 1 });
  processes.put(11, 10, { pages: 2, name: ') S 1 1 (' });
  processes.put(12, 11, { pages: 4 });
  processes.put(13, 1, { pages: 100 });
  const table = new ProcessTable({ clock: new FakeClock(), root: processes.root });
  expect(table.usageOf(10)).toBeUndefined();
  await table.refresh();
  const usage = table.usageOf(10);
  expect(usage?.processes).toBe(3);
  expect((usage?.memoryBytes ?? 0) % 7).toBe(0);
  expect(table.usageOf(99)).toBeUndefined();
});

test('processor time is that since the look before, and at first since the start', async () => {
  using processes = new FakeProcesses();
  const clock = new FakeClock();
  const table = new ProcessTable({ clock, root: processes.root });
  processes.put(10, 1, { ticks: 500 });
  await table.refresh();
  // Started 10 s before this moment, and ran for 5 s of them.
  expect(table.usageOf(10)?.cpu).toBeCloseTo(0.5);
  processes.put(10, 1, { ticks: 700 });
  await table.refresh();
  expect(table.usageOf(10)?.cpu).toBeCloseTo(0.5);
  clock.pass(2_000);
  await table.refresh();
  expect(table.usageOf(10)?.cpu).toBeCloseTo(1);
});

test('this process is seen as it is', async () => {
  const table = new ProcessTable({ clock: new FakeClock() });
  await table.refresh();
  const { memoryBytes = 0, cpu = -1 } = table.usageOf(process.pid) ?? {};
  expect(memoryBytes / process.memoryUsage.rss()).toBeGreaterThan(0.5);
  expect(cpu).toBeGreaterThanOrEqual(0);
});
