import { describe, expect, test } from 'vitest';
import { engineerName, paneName } from '../../../../src/base/ids.js';
import { farewell } from '../../../../src/gateway/attachments/farewell.js';
import { layoutOf, textOf, ViewedSession } from '../../../helpers/viewed-session.js';

const ESC = '\x1b';

describe('the shared screen', () => {
  test('is shown as it is, with a line at the bottom that says what matters in 80 columns', () => {
    using session = new ViewedSession();
    const lines = session.lines();
    expect(lines.slice(0, 23)).toEqual(Array.from({ length: 23 }, (_, row) => `row ${row}`));
    for (const word of [
      'pair',
      '1:engine',
      'watching',
      'dora drives',
      '2 others watch',
      '? help',
      'q leaves',
    ]) {
      expect(session.bottom).toContain(word);
    }
  });

  test('is composed once for all who see the same', () => {
    using one = new ViewedSession();
    using other = new ViewedSession();
    expect(one.viewer.compose(other.shared)).toBe(other.screen());
  });

  test('keeps the rows that did not change the same objects', () => {
    using session = new ViewedSession({ window: { cols: 120, rows: 50 } });
    const before = session.screen().rows;
    const rows = [...session.shared.screen.rows];
    session.shared = {
      ...session.shared,
      screen: { ...session.shared.screen, rows: rows.with(30, { glyphs: ['!'], styles: [''] }) },
      composed: new Map(),
    };
    const changed = session.screen().rows.filter((row, index) => row !== before[index]);
    expect(changed).toHaveLength(1);
  });

  test('follows the cursor where the terminal is smaller, and rests while it stays inside', () => {
    using session = new ViewedSession({ window: { cols: 80, rows: 60 } });
    expect(session.lines()).toContain('row 59');
    for (const row of [30, 31, 32]) {
      session.shared = {
        ...session.shared,
        screen: { ...session.shared.screen, cursor: { col: 3, row } },
        composed: new Map(),
      };
      expect(session.lines()[session.screen().cursor?.row ?? -1]).toBe(`row ${row}`);
      expect(session.lines()[0]).toBe('row 18');
    }
  });

  test('has a border where the terminal is larger', () => {
    using session = new ViewedSession({ window: { cols: 40, rows: 10 } });
    const lines = session.lines();
    expect(lines[0]).toBe(`row 0${' '.repeat(35)}│${'·'.repeat(39)}`);
    expect(lines[10]).toBe(`${'─'.repeat(40)}┘${'·'.repeat(39)}`);
    expect(lines[11]).toBe('·'.repeat(80));
    expect(session.bottom).toContain('watching');
  });

  test.each([
    ['k', 'j'],
    [`${ESC}[A`, `${ESC}[B`],
    [`${ESC}OA`, `${ESC}OB`],
  ])('moves by keys (%j, %j) and stays where it was put', async (up, down) => {
    using session = new ViewedSession({ window: { cols: 200, rows: 60 } });
    expect(session.lines()[0]).toBe('row 37');
    await session.type(up, up);
    expect(session.lines()[0]).toBe('row 31');
    session.shared = {
      ...session.shared,
      screen: { ...session.shared.screen, cursor: { col: 0, row: 0 } },
      composed: new Map(),
    };
    expect(session.lines()[0]).toBe('row 31');
    await session.type(down, 'f');
    expect(session.lines()[0]).toBe('row 0');
    await session.type('l');
    expect(session.lines()[0]).toBe('');
    await session.type(ESC);
    expect(session.lines()[0]).toBe('row 0');
  });

  test('gets the last row when the line is hidden, and gives it back', async () => {
    using session = new ViewedSession({ window: { cols: 80, rows: 24 } });
    await session.type('b');
    expect(session.lines()).toEqual(Array.from({ length: 24 }, (_, row) => `row ${row}`));
    await session.type('b');
    expect(session.bottom).toContain('watching');
  });

  test('cuts no wide character in two', () => {
    using session = new ViewedSession({ size: { cols: 21, rows: 6 } });
    const glyphs = Array.from({ length: 80 }, (_, col) => (col % 2 === 0 ? '漢' : ''));
    session.shared = {
      ...session.shared,
      screen: { cols: 80, rows: [{ glyphs, styles: glyphs.map(() => '') }], cursor: null },
      composed: new Map(),
    };
    expect(session.screen().rows[0]?.glyphs.slice(18)).toEqual(['漢', '', ' ']);
    session.viewer.receive(Buffer.from('l'));
    session.viewer.resize({ cols: 25, rows: 6 });
    expect(session.screen().rows[0]?.glyphs.at(-1)).toBe(' ');
  });
});

describe('panes', () => {
  test.each([
    ['2', '2:worker'],
    ['\t', '2:worker'],
    [`${ESC}[Z`, '3:%2'],
    ['\t\t\t', '1:engine'],
    ['20', '1:engine'],
    ['9', '1:engine'],
  ])('%j chooses %s', async (keys, label) => {
    using session = new ViewedSession();
    await session.type(keys);
    expect(session.bottom).toContain(label);
  });

  test('z shows the chosen one alone, and Escape the whole screen again', async () => {
    using session = new ViewedSession();
    const rows = Array.from({ length: 23 }, () => `${'L'.repeat(40)}|${'R'.repeat(39)}`);
    const cells = rows.map((row) => ({
      glyphs: Array.from(row),
      styles: Array.from(row, () => ''),
    }));
    session.shared = {
      ...session.shared,
      screen: { cols: 80, rows: cells, cursor: { col: 50, row: 4 } },
      composed: new Map(),
    };
    await session.type('2z');
    expect(session.lines()[0]).toBe(`${'R'.repeat(39)}│${'·'.repeat(40)}`);
    expect(session.screen().cursor).toEqual({ col: 9, row: 4 });
    expect(session.bottom).toContain('2:worker alone');
    await session.type(ESC);
    expect(session.lines()[0]).toBe(rows[0]);
  });

  test('one is shown alone from the start where that was asked for', () => {
    using session = new ViewedSession({ pane: paneName('worker') });
    expect(session.bottom).toContain('2:worker alone');
    using none = new ViewedSession({ pane: paneName('nobody') });
    expect(none.bottom).toContain('there is no pane nobody');
  });

  test('one that is not on the screen is read from its buffer, and says so', async () => {
    using session = new ViewedSession();
    session.buffer.print(23);
    await session.type('3z');
    session.screen();
    await session.type('');
    expect(session.asked).toEqual([{ pane: '%2', request: { firstLine: 0, count: 500 } }]);
    expect(session.lines().slice(0, 2)).toEqual(['line 0', 'line 1']);
    expect(session.bottom).toContain('not on the shared screen');
  });

  test('one that goes away leaves the active one', async () => {
    using session = new ViewedSession();
    await session.type('2z');
    const layout = layoutOf({ cols: 80, rows: 23 });
    session.shared = {
      ...session.shared,
      layout: { ...layout, panes: layout.panes.filter((pane) => pane.name !== 'worker') },
      composed: new Map(),
    };
    expect(session.bottom).toContain('1:engine');
    expect(session.bottom).toContain('the pane is gone');
  });
});

describe('sizes', () => {
  test.each([
    [19, 24],
    [80, 4],
    [1, 1],
  ])('%ix%i is too small and says so as far as it can', (cols, rows) => {
    using session = new ViewedSession({ size: { cols, rows } });
    expect('too small: needs 20x5'.startsWith(session.lines()[0] ?? '-')).toBe(true);
    expect(session.lines()).toHaveLength(rows);
  });

  test.each([
    [20, 5],
    [500, 200],
  ])('%ix%i shows the screen, the session and the mode', (cols, rows) => {
    using session = new ViewedSession({ size: { cols, rows } });
    expect(session.bottom).toMatch(/pair.*watching/);
    session.viewer.resize({ cols: 40, rows: 10 });
    expect(session.bottom).toMatch(/pair.*watching/);
    expect(session.lines()).toHaveLength(10);
  });
});

test('a narrow line keeps the session and the mode, and leaves out what matters least', async () => {
  using session = new ViewedSession({ size: { cols: 40, rows: 10 } });
  expect(session.bottom).toBe(' pair  watching  ? help  q leaves');
  session.shared = {
    ...session.shared,
    presence: { drivers: ['dora', 'dirk', 'dan', 'dee'].map(engineerName), observers: 1 },
    composed: new Map(),
  };
  session.viewer.resize({ cols: 80, rows: 10 });
  expect(session.bottom).toContain('dora, dirk +2 drive');
});

test('a viewer that was closed calls nothing any more', async () => {
  using session = new ViewedSession();
  await session.type('3z');
  session.screen();
  session.viewer.close();
  const { changes } = session;
  await session.type('q');
  session.viewer.resize({ cols: 30, rows: 10 });
  expect([session.changes, session.hasLeft]).toEqual([changes, false]);
});

describe('help', () => {
  test('lists the keys in 80x24, fits 20x5, and any key closes it', async () => {
    using session = new ViewedSession();
    await session.type('?');
    const help = session.lines();
    expect(help.join('\n')).toContain('Escape  Enter');
    expect(help.every((line) => line.length < 80)).toBe(true);
    session.viewer.resize({ cols: 20, rows: 5 });
    expect(session.lines()).toHaveLength(5);
    await session.type('x');
    expect(session.bottom).toContain('watching');
  });
});

describe('leaving', () => {
  test.each(['q', '\x03', '\x04', '\x02d', '?q', '[q', '[vq', '2zq', '[/q\x1bq', '[/\x03\x03'])(
    '%j leaves',
    async (keys) => {
      using session = new ViewedSession();
      await session.type(...Array.from(keys));
      expect(session.hasLeft).toBe(true);
      const changes = session.changes;
      await session.type('?');
      expect(session.changes).toBe(changes);
    },
  );

  test('q is a letter, and Ctrl-C cancels, only where a search is typed', async () => {
    using session = new ViewedSession();
    await session.type('[', '/', 'q');
    expect(session.hasLeft).toBe(false);
    expect(session.bottom).toBe('/q');
    await session.type('\x03');
    expect(session.hasLeft).toBe(false);
    await session.type('\x03');
    expect(session.hasLeft).toBe(true);
  });
});

test('whatever the viewer switches on, the farewell switches off', () => {
  using session = new ViewedSession();
  const start = Buffer.from(session.viewer.start()).toString();
  const end = Buffer.from(farewell('detached', 'pair', false)).toString();
  const modes = [...start.matchAll(/\?(\d+)h/g)].map((match) => match[1]);
  expect(modes).toEqual(['1049', '1000', '1006', '2004']);
  for (const mode of modes) expect(end).toContain(`?${mode}l`);
});

test('the answer to the question for synchronised updates is understood', async () => {
  using session = new ViewedSession();
  expect(session.abilities.now.hasSync).toBe(false);
  await session.type(`${ESC}[?2026;2$y`);
  expect(session.abilities.now.hasSync).toBe(true);
  await session.type(`${ESC}[?2026;0$y`);
  expect(session.abilities.now.hasSync).toBe(false);
  expect(textOf(session.screen())[0]).toBe('row 0');
});
