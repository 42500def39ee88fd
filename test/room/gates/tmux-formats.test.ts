import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative, resolve } from 'node:path';
import { afterEach, expect, test } from 'vitest';

const SRC = resolve(import.meta.dirname, '../../../src');
/** All others name the variables of tmux that they want, and get typed rows. */
const OWNER = 'host/tmux/rows.ts';

let planted: string | undefined;

afterEach(() => {
  if (planted !== undefined) rmSync(planted, { recursive: true });
  planted = undefined;
});

/** Lines with a format of tmux's, of all files but the owner, as `FILE:LINE`. */
function formatsBelow(root: string): string[] {
  const files = readdirSync(root, { recursive: true, withFileTypes: true });
  return files
    .filter((entry) => entry.isFile() && /\.[cm]?[jt]s$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => relative(root, path) !== OWNER)
    .flatMap((path) =>
      readFileSync(path, 'utf8')
        .split('\n')
        .flatMap((line, at) => (line.includes('#{') ? [`${relative(root, path)}:${at + 1}`] : [])),
    );
}

test('only the owner of the rows writes formats of tmux', () => {
  expect(formatsBelow(SRC)).toEqual([]);
  expect(readFileSync(join(SRC, OWNER), 'utf8')).toContain('#{');
});

test('a format that is written elsewhere is found', () => {
  planted = mkdtempSync(join(tmpdir(), 'triad-formats-'));
  mkdirSync(join(planted, 'host/tmux'), { recursive: true });
  writeFileSync(join(planted, OWNER), "const FINE = '#{pane_id}';\n");
  writeFileSync(join(planted, 'host/other.ts'), "\nask('-F', '#{pane_id}');\n");
  expect(formatsBelow(planted)).toEqual(['host/other.ts:2']);
});
