import { fc, test as property } from '@fast-check/vitest';
import { expect, test } from 'vitest';
import { terminalFeatures, usableTerminalType } from '../../../../src/host/tmux/tmux-client.js';

test.each(['xterm-256color', 'xterm', 'vt100', 'linux', 'screen'])(
  '%s is used as it is',
  (term) => {
    expect(usableTerminalType(term)).toBe(term);
  },
);

test.each([
  ...[
    '',
    'dumb',
    'unknown',
    'no-such',
    'xterm-no-such',
    '../../etc/passwd',
    'xterm/../../../etc/passwd',
    '/etc/passwd',
  ],
  ...[
    '\x1b]0;x\x07',
    'xterm\n',
    'xterm\0',
    '-V',
    'XTERM ',
    'a'.repeat(10_240),
    `xterm-${'a'.repeat(59)}`,
    'tty37',
  ],
])('%j falls back to xterm-256color', (term) => {
  expect(usableTerminalType(term)).toBe('xterm-256color');
});

property.prop([fc.string()])('whatever a client says becomes a plain name', (term) => {
  expect(usableTerminalType(term)).toMatch(/^[a-zA-Z0-9][a-zA-Z0-9+.-]*$/);
});

test('terminals of today get 24-bit colour, plain ones what their entry says', () => {
  expect(terminalFeatures('xterm-256color').split(',')).toContain('RGB');
  for (const plain of ['linux', 'vt100', 'vt220', 'screen']) {
    expect(terminalFeatures(plain)).toBe('');
  }
});
