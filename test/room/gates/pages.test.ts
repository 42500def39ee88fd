import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const CHECKOUT = join(import.meta.dirname, '../../..');
/** A page names the code from `src/`, tests from `test/`, and the rest from where it stands. */
const STARTS = [CHECKOUT, ...['src', 'test'].map((name) => join(CHECKOUT, name))];
/** What people and running programs make. */
const MADE_LATER = /^(keys|state|dist)\//;
const { TO_COME } = createRequire(import.meta.url)(join(CHECKOUT, 'scripts/rooms.cjs')) as {
  readonly TO_COME: readonly string[];
};
/** What follows the name of a file in the text. */
const ENDINGS = ['', '.test.ts'];

function pages(): string[] {
  const listed = spawnSync('git', ['ls-files', '*.md'], { cwd: CHECKOUT, encoding: 'utf8' });
  return listed.stdout.trim().split('\n');
}

/** `a/{b,c}` as `a/b` and `a/c`. */
function expand(name: string): string[] {
  const [, head = '', list, tail = ''] = /^(.*)\{([^}]*)\}(.*)$/.exec(name) ?? [];
  return list === undefined ? [name] : list.split(',').map((part) => `${head}${part}${tail}`);
}

/** Each path of the project that a page has in a code span. */
function pathsIn(text: string): string[] {
  const folders = STARTS.flatMap((start) => readdirSync(start, { withFileTypes: true }))
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name);
  const spans = [...text.matchAll(/`([^`\s]+\/[^`\s]*)`/g)].map(([, span]) => span ?? '');
  return spans.flatMap(expand).filter((path) => folders.includes(path.split('/')[0] ?? ''));
}

/** Where the links of a page lead that are no addresses. */
function linksIn(text: string): string[] {
  const targets = [...text.matchAll(/\]\(([^)\s#]+)/g)].map(([, target]) => target ?? '');
  return targets.filter((target) => !/^[a-z]+:/.test(target));
}

function isThere(name: string): boolean {
  const path = name.replace(/\/\*$/, '');
  return STARTS.some((start) => ENDINGS.some((end) => existsSync(join(start, `${path}${end}`))));
}

test.each(pages())('every path and every test that %s names is there', (page) => {
  const text = readFileSync(join(CHECKOUT, page), 'utf8');
  const named = pathsIn(text).filter((path) => !MADE_LATER.test(path) && !TO_COME.includes(path));
  expect(named.filter((path) => !isThere(path))).toEqual([]);
  const folder = join(CHECKOUT, page, '..');
  expect(linksIn(text).filter((link) => !existsSync(join(folder, link)))).toEqual([]);
});

test('paths and tests that are not there would be found', () => {
  expect(pathsIn('`base/nosuch.ts`, `e2e/{nosuch,access}`, `ssh/it`')).toEqual([
    'base/nosuch.ts',
    'e2e/nosuch',
    'e2e/access',
  ]);
  expect(['base/nosuch.ts', 'e2e/nosuch', 'e2e/access'].map(isThere)).toEqual([false, false, true]);
  expect(pathsIn(readFileSync(join(CHECKOUT, 'docs/security.md'), 'utf8')).length).toBeGreaterThan(
    50,
  );
});
