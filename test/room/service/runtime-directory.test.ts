import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ConfigurationError } from '../../../src/base/errors.js';
import { openRuntimeDirectory } from '../../../src/service/runtime-directory.js';

let root = '';
let short = '';

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'triad-rt-'));
  short = join(root, 'short');
  mkdirSync(short);
});
afterEach(() => rmSync(root, { recursive: true }));

/** A path in which no socket can be bound. */
function longPath(): string {
  const parent = join(root, 'x'.repeat(100));
  mkdirSync(parent, { recursive: true });
  return join(parent, 'run');
}

const open = (path: string, fallbacks = [short]) =>
  openRuntimeDirectory({ path, longestName: 'c.sock', fallbacks });

test('a path that is short enough is used itself, and made private', async () => {
  const path = join(root, 'run');
  mkdirSync(path, { mode: 0o755 });
  expect(await open(path)).toBe(path);
  expect(statSync(path).mode & 0o777).toBe(0o700);
});

test('the longest path that a socket can have is used itself, one byte more is not', async () => {
  const fits = join(root, 'y'.repeat(107 - Buffer.byteLength(join(root, '/c.sock')) - 1));
  expect(Buffer.byteLength(join(fits, 'c.sock'))).toBe(107);
  expect(await open(fits)).toBe(fits);
  expect(await open(`${fits}y`)).toMatch(new RegExp(`^${short}/triad-`));
});

test('a path that is too long becomes a link to a private directory, which is found again', async () => {
  const path = longPath();
  const made = await open(path);
  expect(readlinkSync(path)).toBe(made);
  expect(statSync(made).mode & 0o777).toBe(0o700);
  expect(await open(path)).toBe(made);
});

test('where the directory, the link to it or both were removed, they are made again at the same place', async () => {
  const path = longPath();
  const made = await open(path);
  const removals = [() => rmSync(made, { recursive: true }), () => rmSync(path)];
  for (const removed of [removals.slice(0, 1), removals.slice(1), removals]) {
    for (const remove of removed) remove();
    expect(await open(path)).toBe(made);
    expect(readlinkSync(path)).toBe(made);
    expect(statSync(made).mode & 0o777).toBe(0o700);
  }
});

test('the next place is tried where one is too long or not there, and each is told when none is left', async () => {
  const path = longPath();
  const bad = [join(root, 'none'), join(root, 'z'.repeat(100))];
  await expect(open(path, bad)).rejects.toThrow(
    /may have 107; tried instead: .*none \(ENOENT\), .*zzz \(too long\)/,
  );
  expect(existsSync(path)).toBe(false);
  expect(await open(path, [...bad, short])).toContain(short);
});

test('of many that start at the same moment all use the same directory', async () => {
  const path = longPath();
  const opened = await Promise.all(Array.from({ length: 8 }, () => open(path)));
  expect(new Set(opened).size).toBe(1);
  expect(readdirSync(short)).toHaveLength(1);
});

test('a link to what is not private, or is another link, is refused and stays', async () => {
  const path = longPath();
  const target = join(root, 'open');
  mkdirSync(target);
  chmodSync(target, 0o755);
  symlinkSync(target, path);
  await expect(open(path)).rejects.toThrow(ConfigurationError);
  rmSync(path);
  chmodSync(target, 0o700);
  symlinkSync(target, join(root, 'hop'));
  symlinkSync(join(root, 'hop'), path);
  await expect(open(path)).rejects.toThrow('is not private to this user');
  expect(lstatSync(path).isSymbolicLink()).toBe(true);
});

test('a relative link is followed from where it stands', async () => {
  const path = join(root, 'run');
  mkdirSync(join(root, 'mine'), { mode: 0o700 });
  symlinkSync('mine', path);
  expect(await open(path)).toBe(join(root, 'mine'));
});

test('what is no directory is told and stays', async () => {
  const path = join(root, 'run');
  writeFileSync(path, '');
  await expect(open(path)).rejects.toThrow(
    `${path}: cannot hold sockets: file already exists (EEXIST)`,
  );
  const long = longPath();
  mkdirSync(long);
  await expect(open(long)).rejects.toThrow(
    'is too long a path for sockets and cannot become a link',
  );
  expect(readdirSync(short)).toEqual([]);
});
