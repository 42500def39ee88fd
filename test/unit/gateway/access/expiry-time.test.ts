import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { formatExpiryTime, parseExpiryTime } from '../../../../src/gateway/access/expiry-time.js';

describe('expiry-time', () => {
  it.each([
    ['20300531Z', Date.UTC(2030, 4, 31)],
    ['203005311830Z', Date.UTC(2030, 4, 31, 18, 30)],
    ['20300531183015z', Date.UTC(2030, 4, 31, 18, 30, 15)],
    ['20300531', new Date(2030, 4, 31).getTime()],
    ['203005311830', new Date(2030, 4, 31, 18, 30).getTime()],
    ['20300531183015', new Date(2030, 4, 31, 18, 30, 15).getTime()],
  ])('%s is read as OpenSSH reads it', (text, at) => {
    expect(parseExpiryTime(text)).toBe(at);
  });

  it.each([
    '',
    'Z',
    '2030',
    '2030053',
    '2030053118',
    '20300230',
    '20301301',
    '203005312400',
    '20300531UTC',
    '2030-05-31',
  ])('refuses "%s"', (text) => {
    expect(parseExpiryTime(text)).toBeUndefined();
  });

  test.prop([fc.integer({ min: 0, max: Date.UTC(9999, 11, 31) })])(
    'is written so that it reads back, and never earlier than it was meant',
    (epochMs) => {
      const read = parseExpiryTime(formatExpiryTime(epochMs)) ?? Number.NaN;
      expect(read - epochMs).toBeGreaterThanOrEqual(0);
      expect(read - epochMs).toBeLessThan(1000);
    },
  );
});
