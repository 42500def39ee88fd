import { describe, expect, test } from 'vitest';
import type { PenaltyLimits } from '../../../../src/gateway/ssh/schema.js';
import { type Offence, SourcePenalties } from '../../../../src/gateway/ssh/source-penalties.js';

const SOURCE = '192.0.2.1/32';

/** Penalties with sshd's defaults, and a clock that the test moves. */
function penalties(limits: Partial<PenaltyLimits> = {}) {
  let time = 50_000;
  const all = new SourcePenalties({
    limits: {
      ...{ authfailMs: 5000, noauthMs: 1000, graceExceededMs: 10_000, refuseConnectionMs: 10_000 },
      ...{ minMs: 15_000, maxMs: 600_000, maxSources: 3, overflow: 'permissive' },
      ...limits,
    },
    now: () => time,
  });
  const penalise = (offence: Offence, times: number, source = SOURCE): void => {
    for (let left = times; left > 0; left -= 1) all.penalise(source, offence);
  };
  return { all, penalise, pass: (ms: number) => (time += ms) };
}

describe('a source', () => {
  test.each([
    ['authfail', 3],
    ['noauth', 15],
    ['graceExceeded', 1],
  ] as const)('that commits %s may do so %i times at once and not once more', (offence, times) => {
    const { all, penalise } = penalties();
    penalise(offence, times);
    expect(all.isRefused(SOURCE)).toBe(false);
    penalise(offence, 1);
    expect(all.isRefused(SOURCE)).toBe(true);
  });

  test('is refused until all of its penalty has passed, then it begins anew', () => {
    const { all, penalise, pass } = penalties();
    penalise('authfail', 4);
    pass(19_999);
    expect(all.isRefused(SOURCE)).toBe(true);
    pass(1);
    expect(all.isRefused(SOURCE)).toBe(false);
    penalise('authfail', 3);
    expect(all.isRefused(SOURCE)).toBe(false);
  });

  test('that is refused stays so for the rest, however little it is, and for what is added', () => {
    const { all, penalise, pass } = penalties();
    penalise('authfail', 4);
    pass(10_000);
    penalise('noauth', 1);
    pass(10_999);
    expect(all.isRefused(SOURCE)).toBe(true);
    pass(1);
    expect(all.isRefused(SOURCE)).toBe(false);
  });

  test('whose penalties pass as fast as they come is never refused', () => {
    const { all, penalise, pass } = penalties();
    for (let minute = 0; minute < 100; minute += 1) {
      penalise('authfail', 1);
      expect(all.isRefused(SOURCE)).toBe(false);
      pass(5000);
    }
  });

  test('that goes on is refused longer and longer, and never longer than the maximum', () => {
    const { all, penalise, pass } = penalties();
    penalise('graceExceeded', 1000);
    pass(599_999);
    expect(all.isRefused(SOURCE)).toBe(true);
    pass(1);
    expect(all.isRefused(SOURCE)).toBe(false);
  });

  test('that fails once where that is too much is refused at once', () => {
    const { all, penalise } = penalties({ authfailMs: 15_001 });
    penalise('authfail', 1);
    expect(all.isRefused(SOURCE)).toBe(true);
  });

  test('does not pay for another', () => {
    const { all, penalise } = penalties();
    penalise('authfail', 10);
    expect(all.isRefused('192.0.2.2/32')).toBe(false);
  });
});

describe('more sources than are remembered', () => {
  const fill = ({ penalise }: ReturnType<typeof penalties>, count: number): void => {
    for (let index = 1; index <= count; index += 1) penalise('authfail', 4, `10.0.0.${index}/32`);
  };

  test('cost the one that was penalised longest ago its place, and are told', () => {
    const table = penalties();
    fill(table, 3);
    table.penalise('authfail', 1, '10.0.0.1/32');
    expect(table.all.penalise('10.0.0.4/32', 'authfail')).toBe(false);
    expect(table.all.size).toBe(3);
    expect(table.all.isRefused('10.0.0.1/32')).toBe(true);
    expect(table.all.isRefused('10.0.0.2/32')).toBe(false);
  });

  test('keep every stranger out where that is wanted, until some have passed', () => {
    const table = penalties({ overflow: 'deny-all' });
    fill(table, 2);
    expect(table.all.isRefused('192.0.2.9/32')).toBe(false);
    fill(table, 3);
    expect(table.all.isRefused('192.0.2.9/32')).toBe(true);
    expect(table.all.penalise('192.0.2.9/32', 'authfail')).toBe(false);
    table.pass(60_000);
    expect(table.all.isRefused('192.0.2.9/32')).toBe(false);
    expect(table.all.size).toBe(0);
  });

  test('of IPv6, which are cheap, do not touch those of IPv4', () => {
    const table = penalties();
    fill(table, 3);
    for (let index = 0; index < 100; index += 1) {
      table.penalise('authfail', 4, `2001:db8:${index}::/64`);
    }
    expect(table.all.isRefused('10.0.0.1/32')).toBe(true);
    expect(table.all.isRefused('2001:db8:99::/64')).toBe(true);
    expect(table.all.size).toBe(6);
  });

  test('that have passed make room without costing anybody a place', () => {
    const table = penalties();
    fill(table, 2);
    table.pass(15_000);
    table.penalise('graceExceeded', 2, '10.0.0.3/32');
    table.pass(5000);
    expect(table.all.penalise('10.0.0.4/32', 'authfail')).toBe(true);
    expect(table.all.isRefused('10.0.0.3/32')).toBe(true);
  });
});
