import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { UsageError } from '../../../../src/base/errors.js';
import { paneId } from '../../../../src/base/ids.js';
import { MAX_TEXT_BYTES } from '../../../../src/base/pane.js';
import { ControlConnection } from '../../../../src/host/tmux/control-connection.js';
import { pressKeys, sendText } from '../../../../src/host/tmux/pane-io.js';
import { eventually } from '../../../helpers/eventually.js';
import { PrivateTmux } from '../../../helpers/private-tmux.js';

/** Shows every byte it reads, with the terminal left as a program of today sets it. */
const SHOW_BYTES = ['sh', '-c', "stty raw -echo; printf 'ready\\r\\n\\033[?2004h'; exec cat -v"];

async function start(command?: readonly string[]) {
  const tmux = await PrivateTmux.start(command === undefined ? {} : { command });
  const control = await ControlConnection.open(tmux.server, tmux.sessionId, () => undefined);
  const close = async () => {
    control.close();
    await control.closed;
    await tmux[Symbol.asyncDispose]();
  };
  return { tmux, control, pane: tmux.pane, [Symbol.asyncDispose]: close };
}

test('text arrives as one paste, and then Enter', async () => {
  await using room = await start(SHOW_BYTES);
  await room.tmux.shows('ready');
  await sendText(room.control, room.pane, { text: 'two words', enter: true });
  await room.tmux.shows('^[[200~two words^[[201~^M');
});

test('without Enter nothing follows the paste', async () => {
  await using room = await start(SHOW_BYTES);
  await room.tmux.shows('ready');
  await sendText(room.control, room.pane, { text: 'first', enter: false });
  await sendText(room.control, room.pane, { text: 'second', enter: false });
  await room.tmux.shows('^[[200~first^[[201~^[[200~second^[[201~');
});

test.each([
  ...[
    'a;',
    ';',
    '$HOME `id` $(id)',
    '#{pane_id} #(id)',
    'it\'s "so"',
    '\\n',
    'C-c',
    'Enter',
    '-x',
    '%0',
    '{a}',
  ],
])('%j arrives as it was written', async (text) => {
  await using room = await start();
  await sendText(room.control, room.pane, { text, enter: true });
  await room.tmux.shows(`${text}\n${text}`);
});

test('text in other alphabets, tabs and lines arrive as they were written', async () => {
  await using room = await start(['cat', '-T']);
  await sendText(room.control, room.pane, { text: 'Grüße 漢字 🙂\na\tb', enter: true });
  await room.tmux.shows('Grüße 漢字 🙂\n');
  await room.tmux.shows('a^Ib');
});

test('texts and keys that are sent at once arrive one after the other, each whole', async () => {
  await using room = await start(['sh', '-c', 'stty -icanon -echo; echo ready; exec cat']);
  await room.tmux.shows('ready');
  const numbers = Array.from({ length: 12 }, (_, at) => at);
  const lines = numbers.flatMap((at) => [`text-${at}`, `k${at}z`]);
  await Promise.all(
    numbers.flatMap((at) => [
      sendText(room.control, room.pane, { text: `text-${at}`, enter: true }),
      pressKeys(room.control, room.pane, ['k', ...Array.from(String(at)), 'z', 'Enter']),
    ]),
  );
  const seen = await eventually('all has arrived', async () => {
    const shown = (await room.tmux.ask('capture-pane', '-pS', '-', '-t', room.pane)).split('\n');
    const got = shown.map((line) => line.trim()).filter((line) => /^(text-|k)/.test(line));
    return got.length < lines.length ? undefined : got;
  });
  expect([...seen].sort()).toEqual([...lines].sort());
});

test('64 KiB of text arrive whole; one byte more is refused', async () => {
  await using room = await start([
    'sh',
    '-c',
    "stty -icanon -echo; printf 'ready\\n'; head -c 65536 | md5sum; exec cat",
  ]);
  await room.tmux.shows('ready');
  const text = 'x'.repeat(MAX_TEXT_BYTES);
  await expect(
    sendText(room.control, room.pane, { text: `${text}x`, enter: false }),
  ).rejects.toThrow(UsageError);
  await sendText(room.control, room.pane, { text, enter: false });
  await room.tmux.shows(createHash('md5').update(text).digest('hex'));
});

test.each(['\x1b[201~rm -rf /', '\x03', 'a\rb', '\x00', '\x7f', '\u009b201~'])(
  '%j is refused',
  async (text) => {
    await using room = await start();
    await expect(sendText(room.control, room.pane, { text, enter: true })).rejects.toThrow(
      UsageError,
    );
  },
);

test('copy mode swallows neither text nor keys', async () => {
  await using room = await start();
  await room.tmux.ask('copy-mode', '-t', room.pane);
  await sendText(room.control, room.pane, { text: 'pasted', enter: true });
  await room.tmux.shows('pasted\npasted');
  await room.tmux.ask('copy-mode', '-t', room.pane);
  await pressKeys(room.control, room.pane, ['k', 'e', 'y', 'Enter']);
  await room.tmux.shows('key\nkey');
});

test('a paste into a dead pane harms nothing', async () => {
  await using room = await start();
  await room.tmux.ask('send-keys', '-t', room.pane, 'C-d');
  await room.tmux.becomes('#{pane_dead}', '1');
  await sendText(room.control, room.pane, { text: 'too late', enter: true });
  expect(await room.tmux.ask('list-buffers')).toBe('');
  expect(await room.tmux.ask('display-message', '-p', '#{session_name}')).toBe('pair');
});

test('a paste into a pane that is not there fails and leaves no buffer', async () => {
  await using room = await start();
  const sending = sendText(room.control, paneId('%99'), { text: 'nowhere', enter: true });
  await expect(sending).rejects.toThrow("can't find pane: %99");
  expect(await room.tmux.ask('list-buffers')).toBe('');
});

test('keys are pressed by their names', async () => {
  await using room = await start(SHOW_BYTES);
  await room.tmux.shows('ready');
  await pressKeys(room.control, room.pane, [
    'a',
    'C-c',
    'M-x',
    'Enter',
    'Escape',
    'Up',
    'F1',
    '-',
    ';',
    'ä',
    '^d',
    '~',
  ]);
  await room.tmux.shows('a^C^[x^M^[^[[A^[OP-;M-CM-$^D~');
});

test.each([
  'hello',
  'enter-',
  'Any',
  '',
  ' ',
  'C-',
  '\x03',
  'F13',
  '#{x}',
  'MouseDown1Pane',
  'a b',
])('%j is no key', async (key) => {
  await using room = await start();
  await expect(pressKeys(room.control, room.pane, [key])).rejects.toThrow(/is not a key/);
});

test('a thousand keys are pressed in order; one more is refused', async () => {
  await using room = await start([
    'sh',
    '-c',
    "stty -icanon -echo; printf 'ready\\n'; head -c 1000 | tail -c 3; exec cat",
  ]);
  await room.tmux.shows('ready');
  const keys = Array.from({ length: 1000 }, (_, index) => (index < 997 ? 'x' : 'y'));
  await expect(pressKeys(room.control, room.pane, [...keys, 'z'])).rejects.toThrow(UsageError);
  await pressKeys(room.control, room.pane, keys);
  await room.tmux.shows('yyy');
});

test('tmux keeps nothing of what is sent where drivers can look it up', async () => {
  await using room = await start(SHOW_BYTES);
  await room.tmux.shows('ready');
  await sendText(room.control, room.pane, { text: 'secret', enter: true });
  await pressKeys(room.control, room.pane, ['s', 'Enter']);
  expect((await room.control.ask('show-messages', [])).join('\n')).not.toMatch(/secret|send-keys/);
  expect(await room.control.ask('list-buffers', [])).toEqual([]);
});
