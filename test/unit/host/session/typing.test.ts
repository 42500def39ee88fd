import { fc, test as property } from '@fast-check/vitest';
import { describe, expect, test } from 'vitest';
import { TypingDetector } from '../../../../src/host/session/typing.js';

const REPORTS = [
  ...['\x1b[?64;1;2;22c', '\x1b[?1;2c', '\x1b[>41;388;0c', '\x1b[0n', '\x1b[5;10R', '\x1b[?5;10R'],
  ...['\x1b[I', '\x1b[O', '\x1b[?2026;2$y', '\x1b[?997;1n', '\x1b[?1u', '\x1b[8;50;200t'],
  ...[
    '\x1bP>|XTerm(388)\x1b\\',
    '\x1b]10;rgb:ffff/ffff/ffff\x1b\\',
    '\x1b]11;rgb:0/0/0\x07',
    '\x1b_Gi=1;OK\x1b\\',
  ],
  ...['\x1b[<35;10;10M', '\x1b[<51;1;1M'],
];
const KEYS = [
  'a',
  '\r',
  '\x02',
  '\x03',
  'ä',
  '\x1b[A',
  '\x1bOA',
  '\x1b[3~',
  '\x1bx',
  '\x1b[<0;1;1M',
  '\x1b[200~x\x1b[201~',
];

function typing(...pieces: string[]): boolean[] {
  const detector = new TypingDetector();
  return pieces.map((piece) => detector.isTyping(Buffer.from(piece)));
}

describe('what a terminal says by itself', () => {
  test.each(REPORTS)('%j is not typing', (report) => {
    expect(typing(report)).toEqual([false]);
  });

  test.each(REPORTS)('%j is not typing byte by byte either', (report) => {
    expect(typing(...Array.from(report))).not.toContain(true);
  });

  property.prop([fc.array(fc.constantFrom(...REPORTS), { maxLength: 8 }), fc.array(fc.nat(200))])(
    'is not typing however it is cut into pieces',
    (reports, cuts) => {
      const all = reports.join('');
      const places = [0, ...cuts.map((cut) => Math.min(cut, all.length)), all.length].sort(
        (a, b) => a - b,
      );
      const pieces = places.slice(1).map((end, index) => all.slice(places[index], end));
      expect(typing(...pieces)).not.toContain(true);
    },
  );
});

describe('typing', () => {
  test.each(KEYS)('%j is typing', (key) => {
    expect(typing(key)).toEqual([true]);
  });

  property.prop([fc.constantFrom(...REPORTS), fc.constantFrom(...KEYS)])(
    'is seen before and after what a terminal says',
    (report, key) => {
      expect(typing(report + key)).toEqual([true]);
      expect(typing(key + report)).toEqual([true]);
      expect(typing(report, key)).toEqual([false, true]);
    },
  );

  test('Escape counts once the next key shows that it was one', () => {
    expect(typing('\x1b', 'j')).toEqual([false, true]);
    expect(typing('\x1b', '\x1b[A')).toEqual([false, true]);
  });

  test('a report that never ends becomes typing at 257 bytes', () => {
    expect(typing('\x1b]', '0'.repeat(254), '0')).toEqual([false, false, true]);
  });

  test('nothing is not typing', () => {
    expect(typing('')).toEqual([false]);
  });
});
