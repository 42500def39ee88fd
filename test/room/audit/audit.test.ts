import { mkdtempSync, readFileSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Audit, AuditError } from '../../../src/audit/audit.js';
import { openLogger } from '../../../src/log/logger.js';
import { any, matching } from '../../helpers/matching.js';

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

test('on a full disk an action is refused, and an ending is told to the log', () => {
  const path = join(folder, 'audit.jsonl');
  symlinkSync('/dev/full', path);
  const audit = Audit.open(path, log);
  expect(() => audit.paneRestarted({ actor, session: 'pair', pane: 'worker' })).toThrow(AuditError);
  expect(() => audit.gatewayStopped({ reason: 'stopping' })).not.toThrow();
  expect(logged).toMatchObject([
    { level: 'error', event: 'gateway-stopped', msg: 'audit record not written' },
  ]);
  audit.close();
});

test('refusals of one engineer beyond a hundred a minute are left out, and everything else is kept', () => {
  const path = join(folder, 'audit.jsonl');
  const audit = Audit.open(path, log);
  for (let count = 0; count < 500; count += 1) {
    audit.commandRefused({ actor, verb: 'grants', reason: 'needs admin' });
  }
  audit.commandRefused({ actor: { ...actor, engineer: 'olga' }, verb: 'grants', reason: 'x' });
  audit.stopRequested({ actor, endsSessions: false });
  audit.close();
  const lines = readFileSync(path, 'utf8').trimEnd().split('\n');
  expect(lines).toHaveLength(102);
  expect(lines.filter((line) => line.includes('"olga"'))).toHaveLength(1);
  expect(lines.at(-1)).toContain('stop-requested');
});
