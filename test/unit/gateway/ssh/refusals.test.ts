import { expect, test } from 'vitest';
import { Refusals } from '../../../../src/gateway/ssh/refusals.js';
import { openLogger } from '../../../../src/log/logger.js';
import { any } from '../../../helpers/matching.js';

function refusals() {
  let time = 0;
  const lines: unknown[] = [];
  const write = (line: string): void => {
    lines.push(JSON.parse(line));
  };
  const log = openLogger({ level: 'info', destination: { write } });
  return { all: new Refusals(() => time), log, lines, pass: (ms: number) => (time += ms) };
}

test('each limit counts all and has one line a minute, whatever the others have', () => {
  const { all, log, lines, pass } = refusals();
  for (let count = 0; count < 1000; count += 1) all.note('maxStartups', log, { address: 'a' });
  all.note('maxSessions', log);
  pass(60_000);
  all.note('maxStartups', log, { address: 'b' });
  expect(all.counts).toMatchObject({ maxStartups: 1001, maxSessions: 1, maxConnections: 0 });
  const line = { level: 'warn', msg: 'limit reached', time: any(String) };
  expect(lines).toEqual([
    { ...line, limit: 'maxStartups', address: 'a' },
    { ...line, limit: 'maxSessions' },
    { ...line, limit: 'maxStartups', address: 'b', suppressed: 999 },
  ]);
});

test('strangers cause 60 lines and 100 records a minute, and not one more', () => {
  const { all, pass } = refusals();
  const suppressed: { lines: unknown[]; records: unknown[] } = { lines: [], records: [] };
  const flood = (): void => {
    for (let count = 0; count < 1000; count += 1) {
      all.logStranger((leftOut) => suppressed.lines.push(leftOut.suppressed));
      all.recordStranger((leftOut) => suppressed.records.push(leftOut.suppressed));
    }
  };
  flood();
  expect([suppressed.lines.length, suppressed.records.length]).toEqual([60, 100]);
  pass(60_000);
  flood();
  expect([suppressed.lines[60], suppressed.records[100]]).toEqual([940, 900]);
});
