import { open } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ASKED_CODE_POINTS, type ColumnRules } from '../../../../src/base/columns.js';
import { createEmulator } from '../../../../src/gateway/mirror/emulator.js';
import { askColumnRules } from '../../../../src/host/tmux/column-rules.js';
import { ControlConnection } from '../../../../src/host/tmux/control-connection.js';
import { isFrom } from '../../../../src/host/tmux/tmux-limits.js';
import { eventually } from '../../../helpers/eventually.js';
import { PrivateTmux } from '../../../helpers/private-tmux.js';

const ROWS = 20;

const CLUSTERS = [
  ...[
    'a',
    'e\u0301',
    '\u6f22',
    '\u00ad',
    '\u2764',
    '\u2764\ufe0f',
    '1\ufe0f\u20e3',
    '\u261d',
    '\u26f9',
  ],
  ...[
    '\u{1f44d}',
    '\u{1f44d}\u{1f3fd}',
    '\u{1f3fd}',
    '\u{1f3fd}\u{1f44d}',
    'a\u{1f3fd}',
    '\u{1f3f3}',
  ],
  ...['\u{1f3f3}\ufe0f', '\u{1f3f3}\ufe0f\u200d\u{1f308}', '\u{1f1e9}', '\u{1f1e9}\u{1f1ea}'],
  ...[
    '\u{1f1e9}\u{1f1ea}\u{1f1eb}',
    '\u{1f1e9}\u{1f1ea}\u{1f1eb}\u{1f1f7}',
    'a\u{1f1e9}',
    '\u6f22\u{1f1e9}',
  ],
  ...['\u{1f468}\u200d\u{1f469}\u200d\u{1f467}', '\u{1f469}\u{1f3fd}\u200d\u{1f52c}'],
  ...['\u{1f3f4}\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f}', '\u1100\u1161\u11a8'],
  ...['\u0939\u093f\u0928\u094d\u0926\u0940', '\u0b95\u0bbf', '\u09ac\u09be\u0982', '\u1019\u103c'],
  ...['\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645', '\u05d0\u200f'],
  ...[
    '\u{1f9d1}\u{1f3fd}\u200d\u2764\ufe0f\u200d\u{1f9d1}\u{1f3fb}',
    '\u2615',
    '\u25b6\ufe0f',
    '\u00a9\ufe0f',
  ],
];

/** What tmux 3.3 drops, since its C library does not know it (Unicode 15 and 16), or joins to what comes later. */
const LATER = ['\u{1fa77}', '\u{1fae9}', 'a\u200db'];

let tmux: PrivateTmux;
let control: ControlConnection;
let rules: ColumnRules;

beforeAll(async () => {
  tmux = await PrivateTmux.start();
  control = await ControlConnection.open(tmux.server, tmux.sessionId, () => undefined);
  rules = await askColumnRules(control);
});

afterAll(async () => {
  control.close();
  await tmux[Symbol.asyncDispose]();
});

/** Where the cursor is in tmux behind each text, which starts a row. */
async function tmuxColumns(texts: readonly string[]): Promise<number[]> {
  const tty = await open(await tmux.ask('display-message', '-p', '#{pane_tty}'), 'w');
  const columns: number[] = [];
  for (const [index, text] of texts.entries()) {
    const row = index % ROWS;
    await tty.write(`\x1b[2J\x1b[${row + 1};1H${text}`);
    const fields = { row: 'cursor_y', col: 'cursor_x' } as const;
    const at = await eventually(`tmux has ${JSON.stringify(text)}`, async () => {
      const [cursor] = await control.rows('display-message', fields, ['-t', tmux.pane]);
      return cursor?.row === row && cursor.col > 0 ? cursor : undefined;
    });
    columns.push(at.col);
  }
  await tty.close();
  return columns;
}

async function emulatorColumns(texts: readonly string[]): Promise<number[]> {
  const emulator = createEmulator({ cols: 80, rows: 24 }, rules);
  const columns: number[] = [];
  for (const text of texts) {
    await new Promise<void>((resolve) => emulator.write(`\x1b[H${text}`, resolve));
    columns.push(emulator.buffer.active.cursorX);
  }
  emulator.dispose();
  return columns;
}

test('characters that belong together take as many columns as in the tmux that runs', async () => {
  const texts = isFrom(rules.version, 3, 4) ? [...CLUSTERS, ...LATER] : CLUSTERS;
  const expected = await tmuxColumns(texts);
  const found = await emulatorColumns(texts);
  const pairs = texts.map((text, index) => [text, found[index]]);
  expect(pairs).toEqual(texts.map((text, index) => [text, expected[index]]));
});

test('each character that tmux can be asked about takes the columns that it says', async () => {
  const sample = ASKED_CODE_POINTS.filter(
    (_, index) => index % 97 === 0 && '12'.includes(rules.widths[index] ?? '0'),
  );
  const texts = sample.map((codePoint) => `a${String.fromCodePoint(codePoint)}`);
  expect(await emulatorColumns(texts)).toEqual(await tmuxColumns(texts));
});
