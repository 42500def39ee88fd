import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { layoutString } from '../../../../src/host/plan/layout.js';
import type { LayoutPart } from '../../../../src/host/plan/schema.js';
import { count } from '../../../helpers/counts.js';
import { TESTED_TMUX } from '../../../helpers/tested-tmux.js';

const WINDOW = { cols: 200, rows: 50 };
const folder = mkdtempSync(join(tmpdir(), 'triad-layout-'));

function tmux(...args: string[]): string {
  const env = { ...process.env };
  delete env['TMUX'];
  return execFileSync(TESTED_TMUX, ['-S', join(folder, 's'), '-f', '/dev/null', ...args], {
    env,
    encoding: 'utf8',
  });
}

beforeAll(() => {
  tmux('new-session', '-d', '-x', '200', '-y', '50', 'cat');
});
afterAll(() => {
  tmux('kill-server');
  rmSync(folder, { recursive: true });
});

/** A window of `count` panes, and their ids. */
function panesOf(wanted: number) {
  const first = tmux('new-window', '-d', '-P', '-F', '#{pane_id}', 'cat').trim();
  tmux('resize-window', '-t', first, '-x', '200', '-y', '50');
  const ids = [first];
  for (let last = first; ids.length < wanted; ids.push(last)) {
    last = tmux('split-window', '-d', '-t', last, '-P', '-F', '#{pane_id}', 'cat').trim();
    tmux('select-layout', '-t', first, 'tiled');
  }
  return ids;
}

function apply(layout: LayoutPart, panes: readonly string[]): string[] {
  const [first = ''] = panes;
  tmux('select-layout', '-t', first, layoutString(layout, WINDOW) ?? '');
  const format = '#{pane_id} #{pane_width}x#{pane_height} #{pane_left},#{pane_top}';
  const rows = tmux('list-panes', '-t', first, '-F', format).trim().split('\n');
  return panes.map(
    (id) => rows.find((row) => row.startsWith(`${id} `))?.slice(id.length + 1) ?? '',
  );
}

test('the sizes that were asked for are those that tmux gives, in the order of the panes', () => {
  const panes = panesOf(3);
  const layout = { columns: ['60%', { rows: ['50%', '50%'], size: '40%' }] } as const;
  expect(apply(layout, panes)).toEqual(['119x50 0,0', '80x25 120,0', '80x24 120,26']);
  expect(apply({ rows: [10, { columns: [30, '100%'] }] }, panes)).toEqual([
    '200x10 0,0',
    '30x39 0,11',
    '169x39 31,11',
  ]);
  tmux('kill-window', '-t', panes[0] ?? '');
});

const size = fc.oneof(
  fc.integer({ min: 1, max: 100 }).map((percent) => `${percent}%`),
  fc.integer({ min: 1, max: 1000 }),
);
const { part } = fc.letrec<{ part: LayoutPart }>((tie) => ({
  part: fc.oneof(
    { maxDepth: 2, depthSize: 'small' },
    size,
    fc.record({
      rows: fc.array(tie('part'), { minLength: 1, maxLength: 3 }),
      size: fc.option(size, { nil: undefined }),
    }),
    fc.record({
      columns: fc.array(tie('part'), { minLength: 1, maxLength: 3 }),
      size: fc.option(size, { nil: undefined }),
    }),
  ),
}));

function places(layout: LayoutPart): number {
  if (typeof layout !== 'object') return 1;
  const inner = 'rows' in layout ? layout.rows : layout.columns;
  return inner.reduce<number>((sum, each) => sum + places(each), 0);
}

test('a layout that needs more cells than the window has is none', () => {
  expect(layoutString({ columns: [1, 1] }, { cols: 3, rows: 1 })).toMatch(
    /,3x1,0,0\{1x1,0,0,0,1x1,2,0,0\}$/,
  );
  expect(layoutString({ columns: [1, 1] }, { cols: 2, rows: 1 })).toBeUndefined();
  expect(layoutString({ columns: [1, { rows: [1, 1] }] }, { cols: 9, rows: 2 })).toBeUndefined();
});

test('tmux accepts whatever layout can be written', () => {
  fc.assert(
    fc.property(
      part.filter((layout) => places(layout) <= 12),
      (layout) => {
        const panes = panesOf(places(layout));
        expect(apply(layout, panes)).not.toContain('');
        tmux('kill-window', '-t', panes[0] ?? '');
      },
    ),
    { numRuns: count(12, 300) },
  );
});
