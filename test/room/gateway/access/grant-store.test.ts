import { readFileSync, writeFileSync } from 'node:fs';
import {
  appendFile,
  chmod,
  mkdir,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ConfigurationError, RefusedError } from '../../../../src/base/errors.js';
import { engineerName, sessionName } from '../../../../src/base/ids.js';
import type { GrantChange } from '../../../../src/gateway/access/grant-edit.js';
import type { GrantStore } from '../../../../src/gateway/access/grant-store.js';
import { eventually } from '../../../helpers/eventually.js';
import { sampleBase64, sampleKey, sampleLine } from '../../../unit/gateway/access/sample-keys.js';
import { NOW, StoreFixture } from './store-fixture.js';

const STALE = 'grants not readable, last good ones in force';

const grantTo = (name: string, over: Partial<GrantChange> = {}): GrantChange => ({
  engineer: engineerName(name),
  role: 'driver',
  keys: [sampleKey(name)],
  session: null,
  ...over,
});

/** For edits whose record does not matter. */
const unrecorded = () => undefined;

const names = (store: GrantStore) => store.current.grants.map(({ engineer }) => engineer);

describe('the store of grants', () => {
  it('begins with nobody where there is no file, and follows one that appears', async () => {
    await using fixture = await StoreFixture.create();
    const store = await fixture.open();
    expect(store.current).toEqual({ grants: [], problems: [], staleReason: null });
    await writeFile(fixture.path, sampleLine('alice'));
    await eventually('alice has a grant', () => names(store).includes(engineerName('alice')));
  });

  it('follows a file that is written, replaced and removed', async () => {
    await using fixture = await StoreFixture.create();
    await writeFile(fixture.path, `${sampleLine('alice')}\n`);
    const store = await fixture.open();
    const seen: string[] = [];
    store.onChange(({ grants }) => seen.push(grants.map(({ engineer }) => engineer).join()));
    await appendFile(fixture.path, `${sampleLine('bob')}\n`);
    await eventually('bob has a grant', () => names(store).length === 2);
    await writeFile(join(fixture.folder, 'new'), sampleLine('carol'));
    await rename(join(fixture.folder, 'new'), fixture.path);
    await eventually('carol alone has a grant', () => names(store).join() === 'carol');
    await rm(fixture.path);
    await eventually('nobody has a grant', () => names(store).length === 0);
    expect(seen).toEqual(['alice,bob', 'carol', '']);
  });

  it('knows a key, decides by it, and names its engineer', async () => {
    await using fixture = await StoreFixture.create();
    await writeFile(fixture.path, sampleLine('alice', 'role="driver",expiry-time="20300101Z"'));
    const store = await fixture.open();
    const { blob, fingerprint } = sampleKey('alice');
    expect(store.findKey(Uint8Array.from(blob))).toMatchObject({
      engineer: 'alice',
      key: { fingerprint },
    });
    expect(store.findKey(sampleKey('bob').blob)).toBeUndefined();
    const query = { keyBlob: blob, session: sessionName('pair'), address: '10.0.0.1' };
    expect(store.decide({ ...query, now: NOW - 1 })).toMatchObject({ outcome: 'allowed' });
    expect(store.decide({ ...query, now: NOW })).toMatchObject({ reason: 'expired' });
  });

  it('tells that a grant has expired by the wall clock, whichever way it jumps, and once each time', async () => {
    await using fixture = await StoreFixture.create();
    await writeFile(fixture.path, sampleLine('alice', 'role="driver",expiry-time="20300101Z"'));
    let now = NOW - 1_800_000;
    const store = await fixture.open(() => now);
    const seen: unknown[] = [];
    const { blob: keyBlob } = sampleKey('alice');
    const query = { keyBlob, session: sessionName('pair'), address: '10.0.0.1' };
    store.onChange(() => seen.push(store.decide({ ...query, now }).outcome));
    now += 3_600_000;
    await eventually('the expiry is announced', () => seen.length === 1);
    now -= 3_600_000;
    await eventually('the grant that is in force again is announced', () => seen.length === 2);
    await store.grant(grantTo('bob'), unrecorded);
    expect(seen).toEqual(['denied', 'allowed', 'allowed']);
  });

  it('reports each bad line once per change, by number and reason and without the key', async () => {
    await using fixture = await StoreFixture.create();
    const bad = `role="boss" ssh-ed25519 ${sampleBase64('mallory')} mallory`;
    await writeFile(fixture.path, `${sampleLine('alice')}\n${bad}\n`);
    const store = await fixture.open();
    expect(store.current.problems).toEqual([
      { line: 2, reason: 'role must be observer, driver, admin, got "boss"' },
    ]);
    await appendFile(fixture.path, `${sampleLine('bob')}\n`);
    await eventually('bob has a grant', () => names(store).length === 2);
    expect(fixture.logged('bad line ignored')).toMatchObject([{ line: 2 }, { line: 2 }]);
    expect(fixture.logLines.join('')).not.toContain(sampleBase64('mallory').slice(20));
  });

  it('logs twenty bad lines of a file of another kind, and counts the others', async () => {
    await using fixture = await StoreFixture.create();
    await writeFile(fixture.path, 'nonsense\n'.repeat(500));
    await fixture.open();
    expect(fixture.logged('bad line ignored')).toHaveLength(20);
    expect(fixture.logged('grants read')).toMatchObject([{ badLines: 500 }]);
  });

  it('a listener that throws keeps nobody else from hearing', async () => {
    await using fixture = await StoreFixture.create();
    const store = await fixture.open();
    const heard: string[] = [];
    store.onChange(() => {
      throw new Error('planted');
    });
    const stop = store.onChange(() => heard.push('changed'));
    await store.grant(grantTo('alice'), unrecorded);
    stop();
    await store.grant(grantTo('bob'), unrecorded);
    expect(heard).toEqual(['changed']);
    expect(fixture.logged('grant listener failed')).toHaveLength(2);
  });
});

describe('a file that cannot be used', () => {
  const ways: [string, (path: string) => Promise<unknown>, RegExp, RegExp?][] = [
    ['writable by everybody', (path) => chmod(path, 0o602), /by others .*: chmod go-w /],
    ['a folder', (path) => rm(path).then(() => mkdir(path)), /not a regular file: move it/],
    [
      'too large',
      (path) => writeFile(path, '#'.repeat(1024 * 1024 + 1)),
      /1048576 bytes/,
      /one key/,
    ],
    [
      'too long',
      (path) => writeFile(path, '#\n'.repeat(10_001)),
      /10000 lines/,
      /one key per line/,
    ],
    [
      'in a folder writable by everybody',
      (path) => chmod(join(path, '..'), 0o707),
      /: may be written by others \(mode 0707\): chmod go-w /,
    ],
    ['a link to itself', (path) => rm(path).then(() => symlink(path, path)), /ELOOP/, /chown/],
  ];

  it.each(ways)('%s: nothing starts with it', async (_way, spoil, reason, hint) => {
    await using fixture = await StoreFixture.create();
    await writeFile(fixture.path, sampleLine('alice'), { mode: 0o600 });
    await spoil(fixture.path);
    const error: unknown = await fixture.open().catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ConfigurationError);
    expect(error).toMatchObject({
      message: expect.stringMatching(reason) as unknown,
      hint: hint === undefined ? undefined : (expect.stringMatching(hint) as unknown),
    });
  });

  it.each(ways)(
    '%s: the last good state stays until it can be used',
    async (_way, spoil, reason) => {
      await using fixture = await StoreFixture.create();
      await writeFile(fixture.path, sampleLine('alice'), { mode: 0o600 });
      const store = await fixture.open();
      let polls = 0;
      store.onChange(() => polls++);
      await spoil(fixture.path);
      await eventually('the state is stale', () => store.current.staleReason);
      expect(store.current.staleReason).toMatch(reason);
      expect(names(store)).toEqual(['alice']);
      const refusal = store.grant(grantTo('bob'), unrecorded);
      await expect(refusal).rejects.toThrow(ConfigurationError);
      await expect(refusal).rejects.toMatchObject({ userMessage: 'the grants cannot be read' });
      expect(fixture.logged(STALE)).toHaveLength(1);
      await chmod(fixture.folder, 0o700);
      await rm(fixture.path, { recursive: true });
      await writeFile(fixture.path, sampleLine('carol'), { mode: 0o600 });
      await eventually('the file is read again', () => names(store).join() === 'carol');
      expect(store.current.staleReason).toBeNull();
    },
  );

  it('is reported once, not at each look', async () => {
    await using fixture = await StoreFixture.create();
    await writeFile(fixture.path, sampleLine('alice'), { mode: 0o600 });
    const store = await fixture.open();
    await chmod(fixture.path, 0o666);
    await eventually('the state is stale', () => store.current.staleReason);
    // Following another file takes two looks, in the course of which this one is looked at again.
    await using clock = await StoreFixture.create();
    const other = await clock.open();
    for (const name of ['bob', 'carol']) {
      await writeFile(clock.path, sampleLine(name));
      await eventually('the other file is read', () => names(other).join() === name);
    }
    expect(fixture.logged(STALE)).toMatchObject([{ level: 'error', path: fixture.path }]);
  });
});

describe('editing', () => {
  it('shows its effect, on the disk and in the store, when it is done', async () => {
    await using fixture = await StoreFixture.create();
    const store = await fixture.open();
    const deltas = await store.grant(grantTo('alice'), unrecorded);
    expect(deltas).toMatchObject([{ before: null, after: { engineer: 'alice', role: 'driver' } }]);
    expect(names(store)).toEqual(['alice']);
    expect(await readFile(fixture.path, 'utf8')).toBe(`${sampleLine('alice', 'role="driver"')}\n`);
    const gone = { engineer: engineerName('alice'), session: null, allSessions: [] };
    await store.revoke(gone, unrecorded);
    expect(names(store)).toEqual([]);
    await expect(store.revoke(gone, unrecorded)).rejects.toThrow(RefusedError);
  });

  it('makes a file for its owner alone, and keeps the mode of one that was there', async () => {
    await using fixture = await StoreFixture.create();
    const store = await fixture.open();
    await store.grant(grantTo('alice'), unrecorded);
    expect((await stat(fixture.path)).mode & 0o777).toBe(0o600);
    await chmod(fixture.path, 0o644);
    await store.grant(grantTo('bob'), unrecorded);
    expect((await stat(fixture.path)).mode & 0o777).toBe(0o644);
  });

  it('leaves comments, bad lines and bytes that are no text as they were', async () => {
    await using fixture = await StoreFixture.create();
    const old = Buffer.from([...Buffer.from('# Jürgen \r\n\n'), 0xff, 0xfe, 0, 10]);
    await writeFile(fixture.path, old);
    const store = await fixture.open();
    await store.grant(grantTo('alice'), unrecorded);
    expect((await readFile(fixture.path)).subarray(0, old.length)).toEqual(old);
  });

  it('changes the file a link leads to, and keeps the link', async () => {
    await using fixture = await StoreFixture.create();
    await mkdir(join(fixture.folder, 'elsewhere'));
    const target = join(fixture.folder, 'elsewhere', 'real');
    await symlink('elsewhere/real', fixture.path);
    const store = await fixture.open();
    await store.grant(grantTo('alice'), unrecorded);
    await store.grant(grantTo('bob'), unrecorded);
    expect(await readFile(target, 'utf8')).toBe(await readFile(fixture.path, 'utf8'));
    expect(await readdir(fixture.folder)).toEqual(['authorized_keys', 'elsewhere']);
    expect(await readdir(join(fixture.folder, 'elsewhere'))).toEqual(['real']);
    expect(names(store)).toEqual(['alice', 'bob']);
  });

  it('does not touch a file that says already what is asked', async () => {
    await using fixture = await StoreFixture.create();
    await writeFile(fixture.path, sampleLine('alice', 'role="driver"'));
    const store = await fixture.open();
    const before = await stat(fixture.path, { bigint: true });
    expect(await store.grant(grantTo('alice'), unrecorded)).toEqual([]);
    expect(await stat(fixture.path, { bigint: true })).toMatchObject({
      ino: before.ino,
      mtimeNs: before.mtimeNs,
    });
  });

  it('loses nothing that an editor, which knows no lock, writes meanwhile', async () => {
    await using fixture = await StoreFixture.create();
    await writeFile(fixture.path, '');
    let reads = 0;
    // The clock is asked between reading the file and writing it.
    const store = await fixture.open(() => {
      if (reads++ === 0) writeFileSync(fixture.path, `${sampleLine('bob')}\n`);
      return NOW;
    });
    await store.grant(grantTo('alice'), unrecorded);
    expect(names(store)).toEqual(['bob', 'alice']);
    expect(reads).toBe(2);
  });

  it('gives up on a file that somebody changes each time', async () => {
    await using fixture = await StoreFixture.create();
    let reads = 0;
    const store = await fixture.open(() => {
      writeFileSync(fixture.path, `# ${reads++}\n`);
      return NOW;
    });
    await expect(store.grant(grantTo('alice'), unrecorded)).rejects.toThrow(
      'somebody else keeps changing',
    );
    expect(reads).toBe(5);
    expect(await readdir(fixture.folder)).toEqual(['authorized_keys']);
  });

  it('lets 64 edits wait within a process, and refuses one more', async () => {
    await using fixture = await StoreFixture.create();
    const store = await fixture.open();
    const edits = Array.from({ length: 65 }, (_none, index) =>
      store.grant(grantTo(`e${index}`), unrecorded),
    );
    const results = await Promise.allSettled(edits);
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(64);
    expect(results.at(-1)).toMatchObject({
      reason: { message: 'the grants cannot be changed now' },
    });
    expect(names(store)).toHaveLength(64);
  });

  it('says that it cannot write where the folder is gone', async () => {
    await using fixture = await StoreFixture.create();
    const path = join(fixture.folder, 'keys');
    await symlink(join(path, 'authorized_keys'), fixture.path);
    const store = await fixture.open();
    await expect(store.grant(grantTo('alice'), unrecorded)).rejects.toMatchObject({
      message: expect.stringMatching(/^cannot change .*ENOENT/) as unknown,
      userMessage: 'the grants could not be written',
    });
  });

  it('is on record before it is in force, once, and with what it does', async () => {
    await using fixture = await StoreFixture.create();
    await writeFile(fixture.path, '');
    let reads = 0;
    const store = await fixture.open(() => {
      if (reads++ === 0) writeFileSync(fixture.path, `${sampleLine('bob')}\n`);
      return NOW;
    });
    const recorded: unknown[] = [];
    const deltas = await store.grant(grantTo('alice'), (asRecorded) => {
      recorded.push(asRecorded, readFileSync(fixture.path, 'utf8'));
    });
    expect(recorded).toEqual([deltas, `${sampleLine('bob')}\n`]);
  });

  it('is not on record where it changes nothing', async () => {
    await using fixture = await StoreFixture.create();
    await writeFile(fixture.path, sampleLine('alice', 'role="driver"'));
    const store = await fixture.open();
    let records = 0;
    await store.grant(grantTo('alice'), () => records++);
    expect(records).toBe(0);
  });

  it('does not happen when it cannot be put on record', async () => {
    await using fixture = await StoreFixture.create();
    await writeFile(fixture.path, sampleLine('bob'));
    const store = await fixture.open();
    const failing = store.grant(grantTo('alice'), () => {
      throw new RefusedError('the record is full');
    });
    await expect(failing).rejects.toThrow('the record is full');
    expect(await readFile(fixture.path, 'utf8')).toBe(sampleLine('bob'));
    expect(await readdir(fixture.folder)).toEqual(['authorized_keys']);
  });

  it('is over when the store is closed, which can be done twice', async () => {
    await using fixture = await StoreFixture.create();
    const store = await fixture.open();
    const last = store.grant(grantTo('alice'), unrecorded);
    await store.close();
    await store.close();
    expect(await readFile(fixture.path, 'utf8')).toContain('alice');
    await last;
    await expect(store.grant(grantTo('bob'), unrecorded)).rejects.toThrow(RefusedError);
  });
});
