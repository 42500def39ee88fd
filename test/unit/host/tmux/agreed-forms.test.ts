import { expect, test } from 'vitest';
import { AgreedForms } from '../../../../src/host/tmux/mirror-client.js';

const OLD =
  '\x1b[H\x1bP=1s\x1b\\täxt \x1b[58:2:1:2:255m日\x1bP=2s\x1b\\\x1bP=3s\x1b\\\x1b]0;t\x1b\\ end';
const NEW =
  '\x1b[H\x1b[?2026htäxt \x1b[58:2::1:2:255m日\x1b[?2026l\x1bP=3s\x1b\\\x1b]0;t\x1b\\ end';

function translated(pieces: readonly Uint8Array[]): string {
  const forms = new AgreedForms();
  return Buffer.concat(pieces.map((piece) => forms.translate(piece))).toString();
}

test('older markers become mode 2026, colours of underlines have a place for their space, and all else stays', () => {
  expect(translated([Buffer.from(OLD)])).toBe(NEW);
  expect(translated([Buffer.from(NEW)])).toBe(NEW);
});

test('so it is however the output was cut', () => {
  const bytes = Buffer.from(OLD);
  expect(translated([...bytes].map((byte) => Uint8Array.of(byte)))).toBe(NEW);
  for (let cut = 1; cut < bytes.length; cut += 1) {
    expect(translated([bytes.subarray(0, cut), bytes.subarray(cut)])).toBe(NEW);
  }
});

test('nothing waits that cannot become either', () => {
  const forms = new AgreedForms();
  for (const text of [
    'plain',
    '\x1b[31m',
    '\x1bPq',
    '\x1bP=3',
    '\x1b\\',
    '\x1b[58:5:9m',
    '\x1b[58:2::1:2:3m',
  ]) {
    expect(Buffer.from(forms.translate(Buffer.from(text))).toString()).toBe(text);
  }
});
