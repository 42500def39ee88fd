import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { SYSTEM_CLOCK } from '../../../../src/base/clock.js';
import { BusyError } from '../../../../src/base/errors.js';
import { Audit, AuditError } from '../../../../src/gateway/audit/audit.js';
import { openLogger } from '../../../../src/log/logger.js';
import { withFileLimit } from '../../../helpers/file-limit.js';
import { any, matching } from '../../../helpers/matching.js';

let folder = '';
const logged: Record<string, unknown>[] = [];
const write = (line: string) => void logged.push(JSON.parse(line) as Record<string, unknown>);
const log = openLogger({ level: 'debug', destination: { write } });
const actor = { engineer: 'dora', door: 'ssh', remote: '192.0.2.1' } as const;

beforeEach(() => {
  logged.length = 0;
  folder = mkdtempSync(join(tmpdir(), 'triad-audit-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

test('an event is one line with its time and its facts, in a file of its owner alone', () => {
  const path = join(folder, 'audit.jsonl');
  const audit = Audit.open(path, log);
  audit.textSent({ actor, session: 'pair', pane: 'worker', bytes: 7 });
  audit.stopRequested({ actor, endsSessions: false });
  audit.close();
  const records = readFileSync(path, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as object);
  expect(records).toEqual([
    {
      time: matching(/^\d{4}-.*Z$/),
      event: 'text-sent',
      actor,
      session: 'pair',
      pane: 'worker',
      bytes: 7,
    },
    { time: any(String), event: 'stop-requested', actor, endsSessions: false },
  ]);
  expect(statSync(path).mode & 0o777).toBe(0o600);
});

test('on a full disk an action is refused, and an ending is on record once there is room', async () => {
  const path = join(folder, 'audit.jsonl');
  const audit = Audit.open(path, log);
  let tried = Promise.resolve();
  audit.stopRequested({ actor, endsSessions: true });
  const place = { session: 'pair', pane: 'worker' };
  withFileLimit(statSync(path).size + 10, () => {
    expect(() => audit.panesSupervised({ actor, ...place, done: 'restarted' })).toThrow(AuditError);
    for (let count = 0; count < 5000; count += 1) audit.gatewayStopped({ reason: `${count}` });
    tried = audit.part.makeAgain();
  });
  await expect(tried).rejects.toThrow('EFBIG');
  expect(audit.part.findFault()).toBe('is behind');
  expect(logged).toMatchObject([
    { level: 'error', event: 'gateway-stopped', msg: matching(/^audit records not written/) },
  ]);
  await audit.part.makeAgain();
  expect(readFileSync(path, 'utf8')).toContain('"reason":"4095"');
  audit.textSent({ actor, ...place, bytes: 1 });
  audit.close();
  const records = readFileSync(path, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as object);
  expect(records.slice(0, 3)).toMatchObject([
    { event: 'stop-requested' },
    { event: 'gateway-stopped', reason: '0' },
    { event: 'gateway-stopped', reason: '1' },
  ]);
  expect(records.slice(-4)).toMatchObject([
    { event: 'gateway-stopped', reason: '4095' },
    { event: 'audit-records-lost', count: 904 },
    { event: 'audit-resumed' },
    { event: 'text-sent' },
  ]);
  expect(records).toHaveLength(1 + 4096 + 3);
});

test('each kind of record of an engineer has a limit of its own, and the next one says what was left out', () => {
  const path = join(folder, 'audit.jsonl');
  let time = 0;
  const audit = Audit.open(path, log, { ...SYSTEM_CLOCK, elapsed: () => time });
  const pane = { session: 'pair', pane: 'worker' };
  const olga = { ...actor, engineer: 'olga' };
  for (let count = 0; count < 500; count += 1) {
    audit.commandRefused({ actor, verb: 'grants', reason: 'needs admin' });
    audit.outputRead({ actor, ...pane, follows: false });
  }
  audit.commandRefused({ actor: olga, verb: 'grants', reason: 'x' });
  audit.stopRequested({ actor, endsSessions: false });
  expect(linesOf(path)).toHaveLength(202);
  time = 60_000;
  audit.outputRead({ actor, ...pane, follows: false });
  audit.outputRead({ actor, ...pane, follows: false });
  audit.close();
  expect(linesOf(path).slice(200)).toMatchObject([
    { event: 'command-refused', actor: olga },
    { event: 'stop-requested' },
    { event: 'output-read', suppressed: 400 },
    { event: 'output-read' },
  ]);
});

test('a change of access beyond the limit is refused, because it would not be on record', () => {
  const path = join(folder, 'audit.jsonl');
  const audit = Audit.open(path, log);
  const grant = () => audit.accessGranted({ actor, changes: [] });
  for (let count = 0; count < 100; count += 1) grant();
  expect(grant).toThrow(BusyError);
  expect(() => audit.accessRevoked({ actor, changes: [] })).not.toThrow();
  audit.close();
  expect(linesOf(path)).toHaveLength(101);
});

function linesOf(path: string): Record<string, unknown>[] {
  const lines = readFileSync(path, 'utf8').trimEnd().split('\n');
  return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
}
