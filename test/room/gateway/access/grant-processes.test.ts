import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, chown, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseAuthorizedKeys } from '../../../../src/gateway/access/authorized-keys.js';
import { sampleBase64, sampleLine } from '../../../unit/gateway/access/sample-keys.js';
import { compileRooms } from './compiled-source.js';
import { StoreFixture } from './store-fixture.js';

const run = promisify(execFile);

/** `edit.js FILE NAME=BASE64...`: grants each name, one after the other. */
const EDIT = `
import { dirname } from 'node:path';
import { GrantStore } from './gateway/access/grant-store.js';
import { parsePublicKey } from './gateway/access/public-key.js';
process.on('SIGXFSZ', () => {});
const [path, ...pairs] = process.argv.slice(2);
const log = { info() {}, warn() {}, error() {} };
const store = await GrantStore.open({ root: dirname(path), path, log, now: Date.now });
for (const pair of pairs) {
  const [engineer, base64] = pair.split('#');
  const key = parsePublicKey('ssh-ed25519', base64);
  await store.grant({ engineer, role: 'driver', keys: [key], session: null }, () => {});
}
await store.close();
`;

/** `hold.js FILE`: takes the lock, stages a new content, says so, and waits to be killed. */
const HOLD = `
import { stageFile } from './base/atomic-file.js';
import { withGrantLock } from './gateway/access/grant-lock.js';
const [path] = process.argv.slice(2);
await withGrantLock(path, async () => {
  await stageFile(path, 'half a cont', 0o600);
  process.stdout.write('holding');
  await new Promise((resolve) => setInterval(resolve, 60_000_000));
});
`;

describe('several processes', () => {
  let program: string;

  beforeAll(async () => {
    program = await mkdtemp(join(tmpdir(), 'triad-editor-'));
    await chmod(program, 0o755);
    await compileRooms(program, ['base', 'gateway/access']);
    await writeFile(join(program, 'edit.js'), EDIT);
    await writeFile(join(program, 'hold.js'), HOLD);
  });

  afterAll(async () => {
    await rm(program, { recursive: true });
  });

  const argumentsFor = (path: string, names: readonly string[]) => [
    join(program, 'edit.js'),
    path,
    ...names.map((name) => `${name}#${sampleBase64(name)}`),
  ];

  async function namesIn(path: string): Promise<string[]> {
    const file = parseAuthorizedKeys(await readFile(path));
    if ('problem' in file) throw new Error(file.problem);
    expect(file.problems).toEqual([]);
    return file.grants.map(({ engineer }) => engineer).toSorted();
  }

  it('that edit at once lose nothing', async () => {
    await using fixture = await StoreFixture.create();
    const people = ['a', 'b', 'c', 'd'].map((letter) =>
      [1, 2, 3, 4, 5, 6].map((number) => `${letter}${number}`),
    );
    await Promise.all(
      people.map((names) => run(process.execPath, argumentsFor(fixture.path, names))),
    );
    expect(await namesIn(fixture.path)).toEqual(people.flat().toSorted());
    expect(await readdir(fixture.folder)).toEqual(['authorized_keys']);
  });

  it('are not kept waiting for ever by one that was killed, nor see what it left', async () => {
    await using fixture = await StoreFixture.create();
    await writeFile(fixture.path, `${sampleLine('alice')}\n`);
    const holder = spawn(process.execPath, [join(program, 'hold.js'), fixture.path], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(holder.stdout, 'data');
    holder.kill('SIGKILL');
    await once(holder, 'exit');
    expect(await readdir(fixture.folder)).toHaveLength(3);
    expect(await namesIn(fixture.path)).toEqual(['alice']);
    await run(process.execPath, argumentsFor(fixture.path, ['bob']));
    expect(await namesIn(fixture.path)).toEqual(['alice', 'bob']);
    expect(await readdir(fixture.folder)).toEqual(['authorized_keys']);
  });

  it('one that may write no more leaves the old file, and nothing else', async () => {
    await using fixture = await StoreFixture.create();
    const old = `# ${'x'.repeat(5000)}\n${sampleLine('alice')}\n`;
    await writeFile(fixture.path, old);
    const limited = run('prlimit', [
      '--fsize=4096',
      process.execPath,
      ...argumentsFor(fixture.path, ['bob']),
    ]);
    await expect(limited).rejects.toMatchObject({
      stderr: expect.stringMatching(/RefusedError: cannot change .*EFBIG/) as unknown,
    });
    expect(await readFile(fixture.path, 'utf8')).toBe(old);
    expect(await readdir(fixture.folder)).toEqual(['authorized_keys']);
  });

  it.runIf(process.geteuid?.() === 0)(
    'one without the right to read the file is told what to do',
    async () => {
      await using fixture = await StoreFixture.create();
      await writeFile(fixture.path, sampleLine('alice'), { mode: 0o600 });
      await chmod(fixture.folder, 0o755);
      const asNobody = ['--reuid=65534', '--regid=65534', '--clear-groups', process.execPath];
      const refused = run('setpriv', [...asNobody, ...argumentsFor(fixture.path, ['bob'])]);
      await expect(refused).rejects.toMatchObject({
        stderr: expect.stringMatching(
          /ConfigurationError: .* cannot be read: permission denied \(EACCES\)/,
        ) as unknown,
      });
    },
  );

  it.runIf(process.geteuid?.() === 0)(
    "root neither reads nor edits another user's file",
    async () => {
      await using fixture = await StoreFixture.create();
      const home = join(fixture.folder, 'home');
      await mkdir(home);
      await chown(home, 65_534, 65_534);
      const path = join(home, 'authorized_keys');
      await chmod(fixture.folder, 0o755);
      const asNobody = ['--reuid=65534', '--regid=65534', '--clear-groups', process.execPath];
      await run('setpriv', [...asNobody, ...argumentsFor(path, ['bob'])]);
      await expect(run(process.execPath, argumentsFor(path, ['carol']))).rejects.toMatchObject({
        stderr: expect.stringMatching(
          /belongs to user 65534, who is neither you nor root/,
        ) as unknown,
      });
      await run('setpriv', [...asNobody, ...argumentsFor(path, ['dave'])]);
      expect(await namesIn(path)).toEqual(['bob', 'dave']);
      expect(await readdir(home)).toEqual(['authorized_keys']);
    },
  );
});
