import { readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { gatewaySchema } from '../../../../src/gateway/ssh/schema.js';

const fields = gatewaySchema.shape.limits.unwrap().in.shape;
const penaltyFields = fields.perSourcePenalties.unwrap().in.shape;

describe('the schema of config/gateway.yaml', () => {
  test('has exactly the defaults that the example states', async () => {
    const example: unknown = parse(await readFile('config/gateway.yaml', 'utf8'));
    const defaults = gatewaySchema.parse({});
    expect(gatewaySchema.parse(example)).toEqual(defaults);
    expect(Object.keys(example as object)).toEqual(Object.keys(defaults));
    const { limits } = example as { limits: { perSourcePenalties: object } };
    expect(Object.keys(limits)).toEqual(Object.keys(fields));
    expect(Object.keys(limits.perSourcePenalties)).toEqual(Object.keys(penaltyFields));
  });

  test('listens on loopback alone unless told otherwise', () => {
    expect(gatewaySchema.parse({}).listen).toEqual([{ host: '127.0.0.1', port: 2222 }]);
  });

  test.each([
    ['maxConnections', 1, 10_000],
    ['maxAuthTries', 1, 100],
    ['perSourceMaxStartups', 1, 10_000],
    ['maxSessions', 1, 64],
    ['clientAliveCountMax', 1, 100],
  ])('takes %s from %i to %i and nothing outside', (name, least, most) => {
    const accepts = (value: number): boolean =>
      gatewaySchema.safeParse({ limits: { [name]: value } }).success;
    expect([least - 1, least, most, most + 1].map(accepts)).toEqual([false, true, true, false]);
    expect(accepts(least + 0.5)).toBe(false);
  });

  test('has the defaults of sshd where it has one, with room for a team that comes at once', () => {
    expect(gatewaySchema.parse({}).limits).toMatchObject({
      loginGraceTimeMs: 120_000,
      maxAuthTries: 6,
      maxStartups: { start: 100, rate: 30, full: 400 },
      perSourceMaxStartups: 64,
      maxSessions: 10,
      clientAliveCountMax: 3,
      perSourcePenalties: { authfailMs: 5000, noauthMs: 1000, minMs: 15_000, maxMs: 600_000 },
    });
  });

  test.each([
    ['90', 90_000],
    [90, 90_000],
    ['90s', 90_000],
    ['2m', 120_000],
    ['2M', 120_000],
    ['1m30s', 90_000],
    ['1s', 1000],
    ['10m', 600_000],
  ])('reads %j as a time', (written, ms) => {
    const { limits } = gatewaySchema.parse({ limits: { loginGraceTime: written } });
    expect(limits.loginGraceTimeMs).toBe(ms);
  });

  test.each([0, '0', '0s', '601', '11m', 1.5, -1, 'soon', '', 'none', '\u001b[2J'])(
    'refuses %j as a time and says the range',
    (written) => {
      const { error } = gatewaySchema.safeParse({ limits: { loginGraceTime: written } });
      const range = 'must be 1s to 10m (seconds, or like 90s, 2m or 1h30m), got ';
      expect(error?.issues[0]?.message).toContain(range);
      expect(error?.issues[0]?.message).not.toContain('\u001b');
    },
  );

  test.each([
    ['10:30:100', { start: 10, rate: 30, full: 100 }],
    ['1:1:1', { start: 1, rate: 1, full: 1 }],
    ['1:100:10000', { start: 1, rate: 100, full: 10_000 }],
    [20, { start: 20, rate: 100, full: 20 }],
  ])('reads %j as maxStartups', (maxStartups, read) => {
    expect(gatewaySchema.parse({ limits: { maxStartups } }).limits.maxStartups).toEqual(read);
  });

  test.each([
    '0:30:100',
    '10:0:100',
    '10:101:100',
    '10:30:9',
    '10:30:10001',
    '1:2:3:4',
    0,
    'x',
    '',
  ])('refuses %j as maxStartups', (maxStartups) => {
    const { error } = gatewaySchema.safeParse({ limits: { maxStartups } });
    expect(error?.issues[0]?.message).toContain('like 10:30:100, got ');
  });

  test.each([
    ['24:56', { ipv4: 24, ipv6: 56 }],
    [32, { ipv4: 32, ipv6: 128 }],
    ['0:64', undefined],
    ['33:64', undefined],
    ['32:0', undefined],
    ['32:129', undefined],
    ['1:1:1', undefined],
  ])('reads %j as perSourceNetBlockSize: %o', (perSourceNetBlockSize, read) => {
    const { data } = gatewaySchema.safeParse({ limits: { perSourceNetBlockSize } });
    expect(data?.limits.perSourceNetBlockSize).toEqual(read);
  });

  test.each([
    ['192.0.2.0/24', true],
    ['2001:db8::/32', true],
    ['10.*', true],
    ['192.0.2.1/24', false],
    ['localhost', false],
    ['10.0.0.1,10.0.0.2', false],
    ['', false],
  ])('takes %j for an exempt network: %s', (network, isOne) => {
    const limits = { perSourcePenaltyExemptList: [network] };
    expect(gatewaySchema.safeParse({ limits }).success).toBe(isOne);
  });

  test('refuses penalties that begin to count above their maximum', () => {
    const limits = { perSourcePenalties: { min: '2m', max: '1m' } };
    const { error } = gatewaySchema.safeParse({ limits });
    const path = ['limits', 'perSourcePenalties', 'min'];
    expect(error?.issues).toMatchObject([{ path, message: 'must be at most max' }]);
  });

  test('refuses unknown keys, here and in the limits', () => {
    expect(gatewaySchema.safeParse({ port: 22 }).success).toBe(false);
    expect(gatewaySchema.safeParse({ limits: { maxPeople: 1 } }).success).toBe(false);
  });

  test('says which listen address is wrong and what one looks like', () => {
    const { error } = gatewaySchema.safeParse({ listen: ['127.0.0.1:2222', '2222'] });
    expect(error?.issues).toMatchObject([
      { path: ['listen', 1], message: expect.stringContaining('HOST:PORT') as string },
    ]);
  });

  test('describes every limit, for the help text', () => {
    for (const field of [...Object.values(fields), ...Object.values(penaltyFields)]) {
      expect(field.description).toMatch(/\.$/);
    }
  });
});
