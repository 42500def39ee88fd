import { createServer, type Server } from 'node:net';
import { expect, test } from 'vitest';
import { SYSTEM_CLOCK } from '../../../../src/base/clock.js';
import { paneName } from '../../../../src/base/ids.js';
import type { HealthPlan, ProbeCheck } from '../../../../src/host/health/health-plan.js';
import { createPaneHealth, type HealthChange } from '../../../../src/host/health/pane-health.js';
import { eventually } from '../../../helpers/eventually.js';
import { FakeOutput } from '../../../helpers/fake-output.js';
import { quietLog } from '../../../helpers/quiet-log.js';

function probe(check: ProbeCheck) {
  return { check, delayMs: 0, intervalMs: 20, timeoutMs: 5000, failures: 2, successes: 1 };
}

function watched(plan: Partial<HealthPlan>) {
  const told: HealthChange[] = [];
  const health = createPaneHealth({
    ...{ pane: paneName('worker'), cwd: '/', env: { PATH: process.env['PATH'] ?? '' } },
    ...{ output: new FakeOutput(SYSTEM_CLOCK), clock: SYSTEM_CLOCK, log: quietLog() },
    plan: { ready: undefined, live: undefined, input: undefined, ...plan },
    onChange: (change) => told.push(change),
  });
  return Object.assign(health, { told });
}

/** @param port 0 for any that is free. */
async function openPort(port: number): Promise<{ server: Server; port: number }> {
  const server = createServer((socket) => socket.end());
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return { server, port: address.port };
}

test('a pane is ready while its port is open, and not when it was closed', async () => {
  const { server, port } = await openPort(0);
  const health = watched({ ready: probe({ kind: 'tcp', host: '127.0.0.1', port }) });
  health.begin({ pid: 1, ageMs: 0, wasReady: false });
  await eventually('the pane is ready', () => health.told.length === 1);
  server.close();
  await eventually('the pane is not ready any more', () => health.told.length === 2);
  health.close();
  expect(health.told).toEqual([
    { kind: 'ready', reason: `tcp port ${port} accepts connections` },
    { kind: 'unready', reason: `tcp port ${port}: connection refused, 2 times in a row` },
  ]);
});

test('an adopted pane that was ready is told of when it is not any more, and of nothing before', async () => {
  const health = watched({ ready: probe({ kind: 'exec', argv: ['false'] }) });
  health.begin({ pid: 1, ageMs: 60_000, wasReady: true });
  await eventually('the failed probe was told', () => health.told.length > 0);
  health.close();
  expect(health.told).toEqual([
    { kind: 'unready', reason: 'false exited with 1, 2 times in a row' },
  ]);
});

test('a pane is told of as dead once in each run', async () => {
  const health = watched({ live: probe({ kind: 'exec', argv: ['false'] }) });
  const dead = { kind: 'dead', reason: 'false exited with 1, 2 times in a row' };
  health.begin({ pid: 1, ageMs: 0, wasReady: false });
  await eventually('the pane is dead', () => health.told.length === 1);
  health.end();
  health.begin({ pid: 2, ageMs: 0, wasReady: false });
  await eventually('the next run is dead, too', () => health.told.length === 2);
  health.close();
  expect(health.told).toEqual([dead, dead]);
});
