import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { AppendFile } from '../../../src/base/append-file.js';
import { InvariantError } from '../../../src/base/errors.js';

let folder = '';
let path = '';

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'triad-append-'));
  path = join(folder, 'a');
});
afterEach(() => rmSync(folder, { recursive: true }));

const read = (suffix: string) => readFileSync(path + suffix, 'utf8');

test('a line that fits exactly is appended, and one byte more begins a new file', () => {
  const file = new AppendFile({ path, maxBytes: 10, maxOldFiles: 2 });
  file.append('1234\n');
  file.append('5678\n');
  expect(readdirSync(folder)).toEqual(['a']);
  file.append('9\n');
  expect([read(''), read('.1')]).toEqual(['9\n', '1234\n5678\n']);
  file.close();
});

test('old files move on by one, and the oldest is removed', () => {
  const file = new AppendFile({ path, maxBytes: 2, maxOldFiles: 2 });
  for (const line of ['a\n', 'b\n', 'c\n', 'd\n']) file.append(line);
  expect(readdirSync(folder).sort()).toEqual(['a', 'a.1', 'a.2']);
  expect([read(''), read('.1'), read('.2')]).toEqual(['d\n', 'c\n', 'b\n']);
  file.close();
});

test('a line larger than a file has a file of its own, and what was there before counts', () => {
  const first = new AppendFile({ path, maxBytes: 4, maxOldFiles: 1 });
  first.append('a long line\n');
  first.close();
  const second = new AppendFile({ path, maxBytes: 4, maxOldFiles: 1 });
  second.append('b\n');
  second.close();
  expect([read(''), read('.1')]).toEqual(['b\n', 'a long line\n']);
});

test('what is closed takes no line and may be closed again', () => {
  const file = new AppendFile({ path, maxBytes: 4, maxOldFiles: 1 });
  file.close();
  file.close();
  expect(() => file.append('x\n')).toThrow(InvariantError);
});
