import { readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { gatewaySchema } from '../../../src/gateway/schema.js';

describe('the schema of config/gateway.yaml', () => {
  test('has exactly the defaults that the example states', async () => {
    const example: unknown = parse(await readFile('config/gateway.yaml', 'utf8'));
    const defaults = gatewaySchema.parse({});
    expect(gatewaySchema.parse(example)).toEqual(defaults);
    expect(Object.keys(example as object)).toEqual(Object.keys(defaults));
    expect(Object.keys((example as { limits: object }).limits)).toEqual(
      Object.keys(defaults.limits),
    );
  });

  test('listens on loopback alone unless told otherwise', () => {
    expect(gatewaySchema.parse({}).listen).toEqual([{ host: '127.0.0.1', port: 2222 }]);
  });

  test.each([
    ['loginGraceTimeMs', 100, 600_000],
    ['maxConnections', 1, 10_000],
    ['maxAuthTries', 1, 100],
    ['maxSessionsPerConnection', 1, 64],
    ['clientAliveIntervalMs', 100, 3_600_000],
    ['clientAliveCountMax', 1, 100],
  ])('takes %s from %i to %i and nothing outside', (name, least, most) => {
    const accepts = (value: number): boolean =>
      gatewaySchema.safeParse({ limits: { [name]: value } }).success;
    expect([least - 1, least, most, most + 1].map(accepts)).toEqual([false, true, true, false]);
    expect(accepts(least + 0.5)).toBe(false);
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
    for (const field of Object.values(gatewaySchema.shape.limits.unwrap().shape)) {
      expect(field.description).toMatch(/\.$/);
    }
  });
});
