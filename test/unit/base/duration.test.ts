import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { parseDuration, parseUntil } from '../../../src/base/duration.js';

describe('parseDuration', () => {
  it.each([
    ['90s', 90_000],
    ['30m', 1_800_000],
    ['8h', 28_800_000],
    ['1h30m', 5_400_000],
    ['2d', 172_800_000],
    ['1w', 604_800_000],
    ['1w2d3h4m5s', 788_645_000],
    ['3650d', 315_360_000_000],
  ])('understands %s', (text, ms) => {
    expect(parseDuration(text)).toBe(ms);
  });

  it.each(['', '8', 'h', '1.5h', '-1h', '30m1h', '1h1h', ' 8h', '8h ', '8 h', '8H', '1y'])(
    'refuses "%s" and shows the form',
    (text) => {
      expect(parseDuration(text)).toEqual({
        problem: expect.stringMatching(/must be like 30m/) as unknown,
      });
    },
  );

  it.each(['0s', '0h0m', '3650d1s', '999999999w'])('refuses %s as too short or long', (text) => {
    expect(parseDuration(text)).toEqual({
      problem: `duration must be more than 0 and at most 3650d, got "${text}"`,
    });
  });

  it('escapes hostile text in its message', () => {
    expect(parseDuration('\u001b[2J')).toEqual({
      problem: expect.stringContaining('"\\x1b[2J"') as unknown,
    });
  });
});

describe('parseUntil', () => {
  const now = Date.UTC(2030, 0, 1);

  it.each([
    ['2030-05-31T18:00Z', Date.UTC(2030, 4, 31, 18)],
    ['2030-05-31T18:00:09Z', Date.UTC(2030, 4, 31, 18, 0, 9)],
    ['2030-05-31T18:00+02:00', Date.UTC(2030, 4, 31, 16)],
    ['2030-05-31T18:00-0530', Date.UTC(2030, 4, 31, 23, 30)],
    ['2030-05-31', new Date(2030, 4, 31).getTime()],
    ['2030-05-31 18:00', new Date(2030, 4, 31, 18).getTime()],
  ])('understands %s', (text, at) => {
    expect(parseUntil(text, now)).toBe(at);
  });

  it.each([
    '',
    'tomorrow',
    '2030-02-30',
    '2030-13-01',
    '2030-05-31T24:00',
    '2030-05-31T18:00+99:00',
  ])('refuses "%s"', (text) => {
    expect(parseUntil(text, now)).toHaveProperty('problem');
  });

  it('refuses what is not in the future, to the millisecond', () => {
    expect(parseUntil('2030-01-01T00:00:00Z', now)).toHaveProperty('problem');
    expect(parseUntil('2030-01-01T00:00:00Z', now - 1)).toBe(now);
  });

  test.prop([
    fc.date({ min: new Date(now + 1000), max: new Date('9999-12-31'), noInvalidDate: true }),
  ])('reads back every moment that ISO 8601 can say', (date) => {
    const whole = Math.floor(date.getTime() / 1000) * 1000;
    const text = `${new Date(whole).toISOString().slice(0, 19)}Z`;
    expect(parseUntil(text, now)).toBe(whole);
  });

  test.prop([fc.string({ unit: 'binary' })])('never throws', (text) => {
    parseUntil(text, now);
    parseDuration(text);
  });
});
