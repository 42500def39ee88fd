import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { AppendFile } from '../../../../src/base/append-file.js';
import { InvariantError } from '../../../../src/base/errors.js';
import { withFileLimit } from '../../../helpers/file-limit.js';

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

const LARGE = { maxBytes: 1024 * 1024, maxOldFiles: 2 } as const;

function withFile(work: (file: AppendFile) => void): void {
  const file = new AppendFile({ path, ...LARGE });
  try {
    work(file);
  } finally {
    file.close();
  }
}

test('a file that is moved keeps what it has, and the next line begins a private one in its place', () => {
  withFile((file) => {
    file.append('one\n');
    renameSync(path, `${path}-20261130`);
    file.append('two\n');
    expect([read('-20261130'), read('')]).toEqual(['one\n', 'two\n']);
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });
});

test('a file that is removed, alone or with its folder, is made again', () => {
  withFile((file) => {
    rmSync(path);
    file.append('one\n');
    expect(read('')).toBe('one\n');
    rmSync(folder, { recursive: true });
    file.append('two\n');
    expect(read('')).toBe('two\n');
    expect(statSync(folder).mode & 0o777).toBe(0o700);
  });
});

test('a file that somebody made in its place is written to', () => {
  withFile((file) => {
    renameSync(path, `${path}.old`);
    writeFileSync(path, 'theirs\n');
    file.append('ours\n');
    expect(read('')).toBe('theirs\nours\n');
  });
});

test('a file that is copied and emptied goes on at its beginning, and counts anew', () => {
  const file = new AppendFile({ path, maxBytes: 12, maxOldFiles: 1 });
  file.append('123456789\n');
  copyFileSync(path, `${path}-copy`);
  truncateSync(path, 0);
  file.append('abcdefghi\n');
  file.close();
  expect([read('-copy'), read('')]).toEqual(['123456789\n', 'abcdefghi\n']);
  expect(readdirSync(folder).sort()).toEqual(['a', 'a-copy']);
});

test('a line that somebody left torn, before or while the file is open, is kept apart from the next', () => {
  writeFileSync(path, '{"torn');
  withFile((file) => {
    file.append('one\n');
    appendFileSync(path, '{"torn again');
    file.append('two\n');
    truncateSync(path, statSync(path).size - 2);
    file.append('three\n');
  });
  expect(read('')).toBe('{"torn\none\n{"torn again\ntw\nthree\n');
});

test('of a line that only a part has room for nothing stays, and the next one is whole', () => {
  withFile((file) => {
    file.append('one\n');
    expect(() => withFileLimit(8, () => file.append('too long a line\n'))).toThrow(/EFBIG/);
    expect(read('')).toBe('one\n');
    file.append('two\n');
    expect(read('')).toBe('one\ntwo\n');
  });
});

test('a link, a folder or a pipe in its place gets nothing, and the file is written to once they are gone', () => {
  const theirs = join(folder, 'theirs');
  writeFileSync(theirs, '');
  withFile((file) => {
    rmSync(path);
    symlinkSync(theirs, path);
    expect(() => file.append('one\n')).toThrow(/ELOOP/);
    rmSync(path);
    mkdirSync(path);
    expect(() => file.append('one\n')).toThrow(/EISDIR/);
    rmSync(path, { recursive: true });
    execFileSync('mkfifo', [path]);
    expect(() => file.append('one\n')).toThrow(/expected a file/);
    rmSync(path);
    file.append('two\n');
    expect([readFileSync(theirs, 'utf8'), read('')]).toEqual(['', 'two\n']);
  });
});
