import { describe, expect, it } from 'vitest';
import { renderMemories } from '../../../examples/demo/memory-view.js';
import { fitText, textWidth, visible, wrapText } from '../../../examples/demo/plain-text.js';

const AT = new Date(2026, 0, 2, 3, 4, 5);
const row = (id: number, content: string): Record<string, unknown> => ({
  id,
  created_at: AT,
  kind: 'load',
  content,
});
const view = (contents: readonly string[]): Parameters<typeof renderMemories>[0] => ({
  rows: contents.map((content, place) => row(place + 6, content)),
  total: 10,
  place: 'embedded, vector',
});

describe('the screen of the state', () => {
  it('is a plain table that fits a small pane', () => {
    expect(
      renderMemories(view(['load 0.5', 'load 0.6 on 2 processors']), { cols: 34, rows: 6 }),
    ).toEqual([
      'SELECT … FROM agent_memory',
      'ORDER BY created_at DESC LIMIT 5',
      '10 rows, embedded, vector',
      '─'.repeat(34),
      '6 03:04:05 load 0.5',
      '7 03:04:05 load 0.6 on 2 processo…',
    ]);
  });

  it('shows the whole query and more of each content in a large pane', () => {
    const lines = renderMemories(view(['a'.repeat(150), 'b']), { cols: 100, rows: 25 });
    expect(lines[0]).toBe(
      'SELECT id, created_at, kind, content FROM agent_memory ORDER BY created_at DESC LIMIT 5',
    );
    expect(lines.slice(3)).toEqual([
      `6 03:04:05 load ${'a'.repeat(84)}`,
      `${' '.repeat(16)}${'a'.repeat(66)}`,
      '7 03:04:05 load b',
    ]);
  });

  it.each([
    [1, 1],
    [10, 3],
    [20, 5],
    [40, 12],
    [80, 24],
    [200, 50],
  ])('never exceeds a pane of %i by %i, whatever the rows hold', (cols, rows) => {
    const nasty = ['\x1b[2J\u202eabc', '漢字'.repeat(300), 'é'.repeat(50), '🙂'.repeat(99), ''];
    const lines = renderMemories(view(nasty), { cols, rows });
    expect(lines.length).toBeLessThanOrEqual(rows);
    for (const line of lines) {
      expect(textWidth(line)).toBeLessThanOrEqual(cols);
      expect(line).not.toMatch(/\p{C}/u);
    }
  });

  it('shows no rows of an empty table', () => {
    expect(renderMemories({ rows: [], total: 0, place: 'x' }, { cols: 40, rows: 10 })).toHaveLength(
      4,
    );
  });
});

describe('plain text', () => {
  it('makes control characters visible and cuts what is too long', () => {
    expect(visible('a\x1b[1m\x9b\u202e\n', 99)).toBe('a\\x1b[1m\\x9b\\u{202e}\\x0a');
    expect(visible('abcd', 4)).toBe('abcd');
    expect(visible('abcde', 4)).toBe('abcd…');
  });

  it('counts cells, not characters', () => {
    expect(textWidth('a漢e\u0301🙂')).toBe(6);
    expect(fitText('漢字漢字', 8)).toBe('漢字漢字');
    expect(fitText('漢字漢字', 7)).toBe('漢字漢…');
    expect(wrapText('abcdef', 3, 9)).toEqual(['abc', 'def']);
    expect(wrapText('abcdefgh', 3, 2)).toEqual(['abc', 'de…']);
  });
});
