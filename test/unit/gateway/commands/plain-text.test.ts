import { expect, test } from 'vitest';
import { printable } from '../../../../src/base/visible.js';
import { PlainText } from '../../../../src/gateway/commands/plain-text.js';
import { count } from '../../../helpers/counts.js';
import { Random } from '../../../helpers/random.js';

const read = (text: string) => new PlainText().read(Buffer.from(text));

test.each([
  ['\x1b[31mred\x1b[0m', 'red'],
  ['\x1b]0;title\x07text', 'text'],
  ['\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\', 'link'],
  ['\x1bP1$r0m\x1b\\after', 'after'],
  ['\x1b(B\x1b=\x1b>text\x1b7', 'text'],
  ['\u009b31mC1\u009d0;t\u009cend', 'C1end'],
  ['one\r\ntwo\r\r\n', 'one\ntwo\n'],
  ['10%\r20%\r\n', '10%\n20%\n'],
  ['a\tb\bc\x07d', 'a\tbcd'],
  ['nul\0 bidi\u202e del\x7f', 'nul\\x00 bidi\\u{202e} del\\x7f'],
  ['back\\slash, ünï, 漢字', 'back\\slash, ünï, 漢字'],
  ['cut \x1b[31', 'cut '],
  ['aborted \x1b[31\x18text', 'aborted text'],
])('%j becomes %j', (output, text) => {
  expect(read(output)).toBe(text);
});

test('a sequence that never ends hides 4 KiB at most', () => {
  expect(read(`\x1b]0;${'x'.repeat(10_000)}`)).toMatch(/^x{5,6}\d*x*$/);
});

test('whatever a pane puts out, no control character but tab and newline comes through, however it is cut', () => {
  const random = new Random(7);
  const alphabet = ['\x1b', '[', ']', 'P', '\\', '\x07', '\r', '\n', '\u009b', 'ü', '漢', '1', 'm'];
  for (let round = 0; round < count(300, 20_000); round += 1) {
    const bytes = Buffer.concat(
      Array.from({ length: 60 }, () =>
        random.below(3) === 0 ? random.bytes(1) : Buffer.from(random.pick(alphabet)),
      ),
    );
    const whole = new PlainText().read(bytes);
    const inPieces = new PlainText();
    const text = Array.from(bytes, (byte) => inPieces.read(Uint8Array.of(byte))).join('');
    expect(text).toBe(whole);
    expect(whole.replaceAll(/[\t\n]/g, '')).not.toMatch(/\p{C}/u);
  }
});

test('every character is escaped as it is elsewhere, or left as it is', () => {
  const codes = Array.from({ length: 0x20000 }, (_, code) => code).concat(
    0xe0001,
    0xf0000,
    0x10fffd,
  );
  const characters = codes.filter((code) => code >= 0xa0 && (code < 0xd800 || code > 0xdfff));
  const text = characters.map((code) => String.fromCodePoint(code)).join('');
  expect(read(text) === printable(text)).toBe(true);
});
