import { describe, expect, test } from 'vitest';
import { UnavailableError } from '../../../../src/base/errors.js';
import { ViewedSession } from '../../../helpers/viewed-session.js';

const ESC = '\x1b';
const PAGE_UP = `${ESC}[5~`;
const PAGE_DOWN = `${ESC}[6~`;
const WHEEL_UP = `${ESC}[<64;10;10M`;
const WHEEL_DOWN = `${ESC}[<65;10;10M`;
const LINES = 800;

function session(lines = LINES): ViewedSession {
  const made = new ViewedSession();
  made.buffer.print(lines);
  return made;
}

function clipboard(written: string | undefined): string {
  const base64 = written?.replace(`${ESC}]52;c;`, '').replace('\x07', '') ?? '';
  return Buffer.from(base64, 'base64').toString();
}

describe('the history', () => {
  test.each([
    ['[', 777],
    [PAGE_UP, 755],
    [WHEEL_UP, 774],
  ])('opens by %j, at line %i', async (key, first) => {
    using viewed = session();
    await viewed.type(key);
    expect(viewed.lines()[0]).toBe(`line ${first}`);
    expect(viewed.bottom).toContain(`history ${777 - first}/800`);
    expect(viewed.asked[0]?.pane).toBe('%0');
  });

  test.each([
    ['k', 'j'],
    [`${ESC}[A`, `${ESC}[B`],
    [PAGE_UP, PAGE_DOWN],
    [WHEEL_UP, WHEEL_DOWN],
    ['g', 'G'],
    [`${ESC}[H`, `${ESC}[F`],
  ])('moves up by %j and down by %j', async (up, down) => {
    using viewed = session();
    await viewed.type('[', PAGE_UP);
    const { cursor } = viewed.screen();
    const before = `${viewed.lines().join('\n')} ${cursor?.row}`;
    await viewed.type(up);
    expect(`${viewed.lines().join('\n')} ${viewed.screen().cursor?.row}`).not.toBe(before);
    await viewed.type(down);
    if (down !== 'G' && down !== `${ESC}[F`) expect(viewed.lines()[0]).toBe('line 755');
    else expect(viewed.lines()[22]).toBe('line 799');
  });

  test('is read to its first line, page by page, with no line missing', async () => {
    using viewed = session();
    await viewed.type('[');
    const seen = new Set(viewed.lines().slice(0, 23));
    for (let page = 0; page < 40; page += 1) {
      await viewed.type(PAGE_UP);
      for (const line of viewed.lines().slice(0, 23)) seen.add(line);
    }
    for (let line = 0; line < LINES; line += 1) expect(seen).toContain(`line ${line}`);
    expect(viewed.bottom).toContain('this is the oldest line');
  });

  test('rests where it is while the session goes on, and finds the newest lines again', async () => {
    using viewed = session();
    await viewed.type(PAGE_UP);
    const before = viewed.screen();
    viewed.buffer.print(60);
    viewed.shared = { ...viewed.shared, composed: new Map() };
    expect(viewed.screen()).toBe(before);
    await viewed.type('k', 'j', PAGE_UP, PAGE_DOWN);
    expect(viewed.lines()[0]).toBe('line 755');
    for (let page = 0; page < 5; page += 1) await viewed.type(PAGE_DOWN);
    expect(viewed.lines()[22]).toBe('line 859');
  });

  test.each(['\r', ESC])('%j leads back to the shared screen', async (key) => {
    using viewed = session();
    await viewed.type('[', key);
    expect(viewed.bottom).toContain('watching');
    expect(viewed.lines()[0]).toBe('row 0');
  });

  test('pans over lines wider than the terminal', async () => {
    using viewed = session();
    viewed.buffer.print(1, 'x'.repeat(70));
    viewed.viewer.resize({ cols: 40, rows: 24 });
    await viewed.type('[', 'l', `${ESC}[C`, 'l', 'l', 'l');
    expect(viewed.lines()[22]).toBe('x'.repeat(40));
    expect(viewed.lines()[21]).toBe('');
    await viewed.type('h', 'h', `${ESC}[D`);
    expect(viewed.lines()[21]).toBe('line 799');
  });

  test('is of the chosen pane', async () => {
    using viewed = session();
    await viewed.type('2', '[');
    expect(viewed.asked[0]?.pane).toBe('%1');
    expect(viewed.bottom).toContain('2:worker');
  });

  test('that cannot be read says so and can be tried again', async () => {
    using viewed = session();
    viewed.answer = () => {
      throw new UnavailableError('session pair is not running');
    };
    await viewed.type('[');
    expect(viewed.bottom).toContain('try again');
    viewed.answer = undefined;
    await viewed.type('[');
    expect(viewed.lines()[22]).toBe('line 799');
  });

  test('is correct at once after a change of size', async () => {
    using viewed = session();
    await viewed.type(PAGE_UP);
    viewed.viewer.resize({ cols: 30, rows: 10 });
    expect(viewed.lines().slice(0, 9)).toEqual(
      Array.from({ length: 9 }, (_, row) => `line ${769 + row}`),
    );
    viewed.viewer.resize({ cols: 30, rows: 100 });
    expect(viewed.lines()[98]).toBe('line 799');
  });

  test('shows the screen as it was until the first page has come, and says so', async () => {
    using viewed = session();
    viewed.viewer.receive(Buffer.from(PAGE_UP));
    expect(viewed.lines()[0]).toBe('row 0');
    expect(viewed.bottom).toContain('loading');
    await viewed.type('');
    expect(viewed.lines()[0]).toBe('line 755');
  });

  test('asks for one page at a time, however many keys come', async () => {
    using viewed = session();
    await viewed.type('[');
    viewed.asked.length = 0;
    viewed.viewer.receive(Buffer.from(PAGE_UP.repeat(1000)));
    expect(viewed.asked.length).toBeLessThanOrEqual(1);
    await viewed.type('');
    await viewed.type(`${ESC}[${ESC}`.repeat(100));
    expect(viewed.asked.length).toBeLessThan(20);
  });
});

test('the history is not opened anew while requests of earlier ones wait', async () => {
  using viewed = session();
  await viewed.type(`${'[\r'.repeat(50)}[`, '', '');
  expect(viewed.bottom).toContain('watching');
  expect(viewed.asked).toHaveLength(2);
  await viewed.type('[');
  expect(viewed.lines()[22]).toBe('line 799');
});

describe('searching', () => {
  test('from the screen goes back through the pages, marks what matches, and goes on by n and N', async () => {
    using viewed = session();
    await viewed.type('/', 'line 12', '\r');
    await viewed.type('');
    const row = viewed.screen().cursor?.row ?? 0;
    expect(viewed.lines()[row]).toBe('line 129');
    expect(viewed.screen().rows[row]?.styles.slice(0, 9)).toEqual([
      '7',
      '7',
      '7',
      '7',
      '7',
      '7',
      '7',
      '',
      '',
    ]);
    await viewed.type('n');
    expect(viewed.lines()[viewed.screen().cursor?.row ?? 0]).toBe('line 128');
    await viewed.type('N');
    expect(viewed.lines()[viewed.screen().cursor?.row ?? 0]).toBe('line 129');
  });

  test.each([PAGE_UP, '[', WHEEL_UP])(
    'can be asked for right after %j, before the first page has come',
    async (key) => {
      using viewed = session();
      viewed.viewer.receive(Buffer.from(`${key}jG?line 12`));
      expect(viewed.bottom).toBe('?line 12');
      expect(viewed.lines()[0]).toBe('row 0');
      viewed.viewer.receive(Buffer.from('9\rjk'));
      for (let page = 0; page < 5; page += 1) await viewed.type('');
      expect(viewed.lines()[viewed.screen().cursor?.row ?? 0]).toBe('line 129');
      expect(viewed.bottom).toContain('history');
    },
  );

  test('reads the lines that could not be read before', async () => {
    using viewed = session();
    viewed.answer = () => {
      throw new UnavailableError('session pair is not running');
    };
    await viewed.type('/', 'line 12');
    viewed.answer = undefined;
    await viewed.type('\r', '');
    expect(viewed.lines()[viewed.screen().cursor?.row ?? 0]).toBe('line 129');
  });

  test('goes forward and backward in the history', async () => {
    using viewed = session();
    await viewed.type('[', 'g', '/', 'line 77', '\r');
    expect(viewed.lines()[viewed.screen().cursor?.row ?? 0]).toBe('line 77');
    await viewed.type('/line 300\r', '?line 29\r');
    expect(viewed.lines()[viewed.screen().cursor?.row ?? 0]).toBe('line 299');
  });

  test.each([
    ['ERROR here', 'error', true],
    ['Error here', 'Error', true],
    ['error here', 'Error', false],
    ['caf\u00e9', 'cafe\u0301', true],
    ['\u6f22\u5b57', '\u5b57', true],
    ['a.c', 'a.c', true],
    ['abc', 'a.c', false],
  ])('in %j for %j finds something: %s', async (text, needle, isFound) => {
    using viewed = session();
    viewed.buffer.print(1, text);
    viewed.buffer.print(100);
    await viewed.type('/', needle, '\r');
    await viewed.type('');
    if (isFound) expect(viewed.lines()[viewed.screen().cursor?.row ?? 0]).toBe(text);
    else expect(viewed.bottom).toContain('not found: 923 lines searched');
  });

  test('that finds nothing says how many lines it looked at, and leaves the view', async () => {
    using viewed = session();
    await viewed.type('[', '?nowhere\r');
    await viewed.type('');
    expect(viewed.bottom).toContain('not found');
    expect(viewed.lines()[22]).toBe('line 799');
  });

  test('is stopped by Ctrl-C or Escape, which do not leave', async () => {
    using viewed = session(900);
    await viewed.type('[');
    viewed.viewer.receive(Buffer.from('?nowhere\r\x03'));
    await viewed.type('');
    expect(viewed.bottom).toContain('stopped');
    expect(viewed.hasLeft).toBe(false);
  });

  test('takes 256 characters and no more', async () => {
    using viewed = session();
    viewed.viewer.resize({ cols: 400, rows: 24 });
    await viewed.type('/', 'x'.repeat(300));
    expect(viewed.bottom).toBe(`?${'x'.repeat(256)}`);
    await viewed.type('\x7f');
    expect(viewed.bottom).toBe(`?${'x'.repeat(255)}`);
  });
});

describe('copying', () => {
  test('a line that was too long for the pane is copied as one', async () => {
    using viewed = new ViewedSession();
    const long = `${'a'.repeat(78)}  b`;
    viewed.answer = (request) => {
      const page = viewed.buffer.page({ ...request, firstLine: 0, count: 23 });
      const texts = [long.slice(0, 80), long.slice(80), 'next', ...page.texts.slice(3)];
      return { ...page, lines: texts, texts, wrapped: [0] };
    };
    await viewed.type('[', 'g', 'v', 'j', 'j', 'y');
    expect(viewed.written.map(clipboard)).toEqual([`${long}\nnext`]);
  });

  test('of one that is selected in part, that part is copied', async () => {
    using viewed = new ViewedSession();
    viewed.answer = (request) => {
      const page = viewed.buffer.page({ ...request, firstLine: 0, count: 23 });
      const texts = ['a'.repeat(80), 'b', ...page.texts.slice(2)];
      return { ...page, lines: texts, texts, wrapped: [0] };
    };
    await viewed.type('[', 'g', 'v', 'y');
    expect(viewed.written.map(clipboard)).toEqual(['a'.repeat(80)]);
  });

  test.each(['v', ' '])('%j selects lines and y copies them to the clipboard', async (key) => {
    using viewed = session();
    await viewed.type('[', key, 'k', 'k');
    expect(viewed.screen().rows[20]?.styles[0]).toBe('7');
    expect(viewed.bottom).toContain('selecting');
    await viewed.type('y');
    expect(viewed.written.map(clipboard)).toEqual(['line 797\nline 798\nline 799']);
    expect(viewed.bottom).toContain('3 lines copied');
    expect(viewed.screen().rows[20]?.styles[0]).toBe('');
  });

  test('Enter copies, Escape does not', async () => {
    using viewed = session();
    await viewed.type('[', 'v', ESC);
    expect(viewed.written).toEqual([]);
    await viewed.type('v', '\r');
    expect(viewed.written.map(clipboard)).toEqual(['line 799']);
    expect(viewed.bottom).toContain('1 line copied');
  });

  test('what does not fit the clipboard is cut at a character, and said', async () => {
    using viewed = session(0);
    viewed.buffer.print(300, '\u20ac'.repeat(80));
    await viewed.type('[', 'v', ...Array.from({ length: 15 }, () => PAGE_UP), 'y');
    const copied = viewed.written[0] ?? '';
    expect(copied.length).toBeLessThanOrEqual(74_994 + 8);
    expect(clipboard(copied)).toMatch(/^[\u20ac\n]+$/);
    expect(viewed.bottom).toContain('cut');
  });
});

describe('a program on the alternate screen', () => {
  test('keeps its own history: whoever scrolls back is told, and where its output is', async () => {
    using viewed = new ViewedSession({ program: 'ssh -p 2222 pair@192.0.2.1' });
    viewed.answer = (request) => ({ ...viewed.buffer.page(request), isAlternate: true });
    await viewed.type('[');
    expect(viewed.bottom).toContain('own history: ssh -p 2222 pair@192.0.2.1 logs engine');
    await viewed.type('k');
    expect(viewed.bottom).toContain('Esc live');
  });

  test('is told in fewer words where the command does not fit', async () => {
    using viewed = new ViewedSession({ program: `ssh -p 2222 pair@${'a'.repeat(60)}` });
    viewed.answer = (request) => ({ ...viewed.buffer.page(request), isAlternate: true });
    await viewed.type('[');
    expect(viewed.bottom).toContain('this program keeps its own history');
    expect(viewed.bottom).not.toContain('ssh');
  });

  test('is not spoken of where there is none', async () => {
    using viewed = new ViewedSession();
    await viewed.type('[');
    expect(viewed.bottom).not.toContain('own history');
  });
});
