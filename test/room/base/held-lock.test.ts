import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { findLockHolder, lockFile, lockFolder } from '../../../src/base/held-lock.js';
import { eventually } from '../../helpers/eventually.js';
import { isAlive } from '../../helpers/keeper-pane.js';
import { getLockBinary } from '../../helpers/native-binary.js';

const { path: LOCK } = getLockBinary();
const HELD = new URL('../../../dist/base/held-lock.js', import.meta.url).pathname;
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'triad-lock-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

const file = () => join(folder, 'host.lock');

/** A process that opens a file, locks it as Triad does, and stays. */
async function holder(path: string): Promise<ChildProcess> {
  const script = `
    const fd = require('fs').openSync(process.argv[1], 'a');
    const { status } = require('child_process').spawnSync(process.argv[2], [], { stdio: [0, 1, 2, fd] });
    console.log(status);
    setInterval(() => undefined, 1000);`;
  const child = spawn(process.execPath, ['-e', script, path, LOCK]);
  await new Promise((resolve) => child.stdout.once('data', resolve));
  return child;
}

test('a lock is held as long as whoever took it lives, and is free at once when that was killed', async () => {
  const child = await holder(file());
  expect(await lockFile(file(), LOCK)).toBeUndefined();
  expect(await findLockHolder(file())).toBe(child.pid);
  child.kill('SIGKILL');
  await eventually('the process that held the lock is gone', () => !isAlive(child.pid ?? 0));
  const lock = await lockFile(file(), LOCK);
  expect(await findLockHolder(file())).toBe(process.pid);
  expect(await lockFile(file(), LOCK)).toBeUndefined();
  await lock?.close();
  expect(await findLockHolder(file())).toBeUndefined();
});

test('no program that is started meanwhile holds it, too', async () => {
  const lock = await lockFile(file(), LOCK);
  const child = spawn('sleep', ['1000']);
  await lock?.close();
  const again = await lockFile(file(), LOCK);
  expect(again).toBeDefined();
  await again?.close();
  child.kill('SIGKILL');
});

test('it is one lock by whatever path, and a file that replaced the locked one is not locked', async () => {
  const [real, link] = [join(folder, 'real'), join(folder, 'link')];
  mkdirSync(real);
  symlinkSync(real, link);
  const lock = await lockFile(join(real, 'lock'), LOCK);
  expect(await lockFile(join(link, 'lock'), LOCK)).toBeUndefined();
  renameSync(join(real, 'lock'), join(real, 'moved'));
  const other = await lockFile(join(real, 'lock'), LOCK);
  expect(other).toBeDefined();
  await Promise.all([lock?.close(), other?.close()]);
});

test('a folder that was locked is found locked after all that was in it is gone', async () => {
  mkdirSync(join(folder, 'state'));
  const { folder: held } = await lockFolder(folder, LOCK);
  rmSync(join(folder, 'state'), { recursive: true });
  expect(await lockFolder(folder, LOCK)).toEqual({ isHeld: true, folder: undefined });
  expect(await findLockHolder(folder)).toBe(process.pid);
  await held?.close();
});

test('where nothing can be locked, or the program is missing, that is said', async () => {
  await expect(lockFile(file(), join(folder, 'nothing'))).rejects.toThrow(
    `${file()}: cannot be locked: no such program or directory`,
  );
  rmSync(file());
  symlinkSync('/etc/passwd', file());
  await expect(lockFile(file(), LOCK)).rejects.toThrow('cannot be locked');
});

test.runIf(process.getuid?.() === 0)(
  'a lock of another user is nobody’s that this user knows',
  async () => {
    chmodSync(folder, 0o755);
    const nobody = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'];
    const script = `exec 3< '${folder}'; '${LOCK}' && echo locked; exec sleep 1000`;
    const child = spawn(nobody[0] ?? '', [...nobody.slice(1), 'sh', '-c', script]);
    await new Promise((resolve) => child.stdout.once('data', resolve));
    const asOther = ['--reuid=65533', '--regid=65533', '--clear-groups', process.execPath];
    const look = `import('${HELD}').then(async (m) => console.log(await m.findLockHolder('${folder}')))`;
    const found = execFileSync('setpriv', [...asOther, '-e', look], { encoding: 'utf8' });
    expect(found).toBe('undefined\n');
    expect(await lockFolder(folder, LOCK)).toEqual({ isHeld: true, folder: undefined });
    child.kill('SIGKILL');
  },
);
