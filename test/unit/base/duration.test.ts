import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { localTimeText } from '../../../src/base/calendar-time.js';
import { parseDuration, parseSince, parseUntil } from '../../../src/base/duration.js';

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
    ['2030-05-31', new Date(2030, 5, 1).getTime()],
    ['2030-05-31Z', Date.UTC(2030, 5, 1)],
    ['2030-12-31 +02:00', Date.UTC(2030, 11, 31, 22)],
    ['2030-05-31 Europe/Berlin', Date.UTC(2030, 4, 31, 22)],
    ['2030-05-31T18:00 UTC', Date.UTC(2030, 4, 31, 18)],
    ['2030-05-31T18:00 +02', Date.UTC(2030, 4, 31, 16)],
    ['2030-05-31 18:00 Europe/Berlin', Date.UTC(2030, 4, 31, 16)],
    ['2030-01-31 18:00 Europe/Berlin', Date.UTC(2030, 0, 31, 17)],
    ['2030-05-31 18:00 Asia/Kolkata', Date.UTC(2030, 4, 31, 12, 30)],
    ['18:00Z', Date.UTC(2030, 0, 1, 18)],
    ['9:05 UTC', Date.UTC(2030, 0, 1, 9, 5)],
    ['00:00Z', Date.UTC(2030, 0, 2)],
    ['00:30 Europe/Berlin', Date.UTC(2030, 0, 1, 23, 30)],
    ['18:00 America/New_York', Date.UTC(2030, 0, 1, 23)],
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
    '2030-05-31T18:00 Nowhere/Else',
    '2030-05-31T18:00 CEST',
    '25:00',
    '18:61',
    '18',
    'Europe/Berlin',
  ])('refuses "%s"', (text) => {
    expect(parseUntil(text, now)).toHaveProperty('problem');
  });

  it('means today, or tomorrow once that is past, across a change of the clocks, too', () => {
    const at = (iso: string) => parseUntil('18:00 Europe/Berlin', Date.parse(iso));
    expect(at('2030-03-30T16:59:59Z')).toBe(Date.parse('2030-03-30T17:00:00Z'));
    expect(at('2030-03-30T17:00:00Z')).toBe(Date.parse('2030-03-31T16:00:00Z'));
  });

  it('ends a day that has 23 hours with the day', () => {
    const end = parseUntil('2030-03-31 Europe/Berlin', now);
    expect(end).toBe(Date.parse('2030-03-31T22:00:00Z'));
  });

  it('takes a time that a change of the clocks skips for the one after it', () => {
    const skipped = parseUntil('2030-03-31 02:30 Europe/Berlin', now);
    expect(skipped).toBe(Date.parse('2030-03-31T01:30:00Z'));
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

describe('parseSince', () => {
  const now = Date.UTC(2030, 0, 1, 12);

  it.each([
    ['10m', now - 600_000],
    ['11:00Z', Date.UTC(2030, 0, 1, 11)],
    ['12:00Z', now],
    ['18:00Z', Date.UTC(2029, 11, 31, 18)],
    ['2029-12-31Z', Date.UTC(2029, 11, 31)],
  ])('understands %s as a beginning', (text, at) => {
    expect(parseSince(text, now)).toBe(at);
  });
});

describe('localTimeText', () => {
  it('says the time of this machine and its zone, which parseUntil reads back', () => {
    const at = Date.UTC(2030, 4, 31, 16);
    const text = localTimeText(at);
    expect(text).toMatch(/^2030-0\d-\d\d \d\d:\d\d:00 (?:UTC|[+-]\d\d:\d\d)$/);
    expect(parseUntil(text, 0)).toBe(at);
  });
});
