import { fc, test as property } from '@fast-check/vitest';
import { expect, test } from 'vitest';
import { OutputRing } from '../../../../src/host/tap/output-ring.js';
import { count } from '../../../helpers/counts.js';

function ringOf(text: string, maxBytes = 1024): OutputRing {
  const ring = new OutputRing(maxBytes);
  ring.append(Buffer.from(text));
  return ring;
}

property.prop(
  [
    fc.array(
      fc.nat(40_000).map((length) => Buffer.from(Array.from({ length }, (_, at) => at % 251))),
      { maxLength: 8 },
    ),
    fc.constantFrom(1, 1000, 20_000, 50_000),
  ],
  { numRuns: count(15, 500) },
)('a ring has the newest bytes, each where it belongs', (pieces, maxBytes) => {
  const ring = new OutputRing(maxBytes);
  for (const piece of pieces) ring.append(piece);
  const all = Buffer.concat(pieces);
  expect(ring.end).toBe(all.length);
  expect(ring.start).toBe(Math.max(0, all.length - maxBytes));
  expect(ring.slice(0, Infinity).equals(all.subarray(ring.start))).toBe(true);
});

test('a gap drops what was before it, and is counted', () => {
  const ring = ringOf('before');
  ring.skip(100);
  ring.append(Buffer.from('after'));
  expect([ring.start, ring.end]).toEqual([106, 111]);
  expect(ring.slice(0, Infinity).toString()).toBe('after');
});

test.each([
  ['a\nb\nc\n', 2, 'b\nc\n'],
  ['a\nb\nc', 2, 'b\nc'],
  ['a\nb\nc', 9, 'a\nb\nc'],
  ['a\n', 0, ''],
  ['', 3, ''],
])('of %j the last %i lines are found', (text, count, expected) => {
  const ring = ringOf(text);
  expect(ring.slice(ring.lineStart(count), ring.end).toString()).toBe(expected);
});

test('lines are found round the end of a full ring', () => {
  const ring = ringOf('0123456789\nabc\ndef\n', 12);
  ring.append(Buffer.from('gh'));
  expect(ring.slice(ring.lineStart(3), ring.end).toString()).toBe('abc\ndef\ngh');
  expect(ring.lineStart(9)).toBe(ring.start);
});
