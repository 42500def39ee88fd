import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const TESTS = join(import.meta.dirname, '../..');
const PAGE = join(TESTS, '../docs/security.md');

/** `a/{b,c}` as `a/b` and `a/c`. */
function expand(name: string): string[] {
  const [, head = '', list, tail = ''] = /^(.*)\{([^}]*)\}(.*)$/.exec(name) ?? [];
  return list === undefined ? [name] : list.split(',').map((part) => `${head}${part}${tail}`);
}

function isThere(name: string): boolean {
  const path = join(TESTS, name.replace(/\/\*$/, ''));
  return [path, `${path}.test.ts`].some((each) => existsSync(each));
}

test('every test that docs/security.md names is there', () => {
  const page = readFileSync(PAGE, 'utf8');
  const named = [...page.matchAll(/`(?:test\/)?((?:unit|room|e2e)\/[^`]+)`/g)].flatMap(([, name]) =>
    expand(name ?? ''),
  );
  expect(named.length).toBeGreaterThan(20);
  expect(named.filter((name) => !isThere(name))).toEqual([]);
});
