import { expect, test } from 'vitest';
import { exitCodeFor, farewell } from '../../../../src/gateway/attachments/farewell.js';

const TABLE = [
  ['detached', 0, 'you left pair; the session goes on'],
  ['session-ended', 69, 'session pair has ended'],
  ['revoked', 77, 'your access to pair was taken back; the session goes on'],
  [
    'expired',
    77,
    'your access to pair has expired, an admin of it can renew it; the session goes on',
  ],
  ['kicked', 77, 'an admin has disconnected you from pair; the session goes on'],
  ['stopping', 75, 'the gateway is stopping; session pair goes on, try again later'],
  ['failed', 70, 'your view of pair failed; the session goes on, try again'],
  ['disconnected', 70, 'disconnected'],
] as const;

test.each(TABLE)('%s ends with status %i and its sentence', (reason, status, sentence) => {
  expect(exitCodeFor(reason)).toBe(status);
  for (const isRestored of [true, false]) {
    const text = Buffer.from(farewell(reason, 'pair', isRestored)).toString();
    expect(text.endsWith(`\r\x1b[Ktriad: ${sentence}\r\n`)).toBe(true);
  }
});

test('the goodbye leaves the alternate screen only where tmux has not', () => {
  expect(Buffer.from(farewell('kicked', 'pair', false)).toString()).toContain('\x1b[?1049l');
  expect(Buffer.from(farewell('kicked', 'pair', true)).toString()).not.toContain('\x1b[?1049l');
});

test.each([1000, 1002, 1003, 1004, 1005, 1006, 2004, 69, 7727, 1])(
  'the goodbye switches mode %i off',
  (mode) => {
    expect(Buffer.from(farewell('failed', 'pair', true)).toString()).toContain(`\x1b[?${mode}l`);
  },
);
