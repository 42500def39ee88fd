import { statSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { count } from '../helpers/counts.js';
import { eventually } from '../helpers/eventually.js';
import { SshClient, sshArguments } from '../helpers/ssh-client.js';
import { Terminal } from '../helpers/terminal.js';
import { FORMS, type Serving, startAs } from '../helpers/triad-form.js';
import { TriadHome } from '../helpers/triad-home.js';

const MEBIBYTE = 1024 * 1024;
const PASTE_BYTES = count(1, 8) * MEBIBYTE;
/** tmux takes some 1.5 MB/s; the machine may be busy. */
const PASTE_LIMIT_MS = count(30_000, 240_000);
/** Longer than anybody waits for it to be taken. */
const ENDLESS_BYTES = 256 * MEBIBYTE;

/**
 * Keeps every byte that is typed in the file `typed`, and shows capital letters and digits. Reads
 * slowly from the moment the file `slow` is there until the file `fast` is.
 */
const READER = `stty raw -echo; echo reading
{ until [ -e fast ]; do [ -e slow ] && sleep 0.05; dd bs=4096 count=1 2>/dev/null; done; exec cat; } |
  tee typed | tr -cd 'A-Z0-9\\n'`;

describe.each(FORMS)('in %s', { timeout: 2 * PASTE_LIMIT_MS }, (form) => {
  let home: TriadHome;
  let serving: Serving;

  beforeAll(async () => {
    const command = JSON.stringify(['sh', '-c', READER]);
    home = await TriadHome.make({
      triad: `sessions: [{name: pair, panes: [{name: worker, command: ${command}}]}]\n`,
      people: { dora: 'driver', dirk: 'driver', olga: 'observer' },
    });
    serving = await startAs(form, home);
  });

  afterAll(async () => {
    await home[Symbol.asyncDispose]();
  });

  function attach(person: 'dirk' | 'olga'): Terminal {
    return Terminal.ssh({ port: serving.gateway.port, keyPath: home.keyOf(person) });
  }

  /** Dora's `ssh`, whose standard input is what she pastes. */
  function openPaste(): SshClient {
    const target = { port: serving.gateway.port, keyPath: home.keyOf('dora') };
    return new SshClient(sshArguments(target, ['-tt', '-e', 'none']));
  }

  function typed(): string {
    return home.read('typed');
  }

  function typedBytes(): number {
    return statSync(home.path('typed')).size;
  }

  test('a large paste arrives complete and in order while another driver types and an observer watches', async () => {
    await using driver = attach('dirk');
    await using observer = attach('olga');
    await using paster = openPaste();
    for (const terminal of [driver, observer]) await terminal.sees('reading');
    await paster.sees('reading');
    const paste = letters(PASTE_BYTES);
    paster.process.stdin.write(paste);
    let keys = 0;
    const isThere = () => {
      const isUnderWay = typedBytes() > 0 && typedBytes() < PASTE_BYTES;
      if (isUnderWay) driver.type(String(keys++ % 10));
      return typedBytes() >= PASTE_BYTES + keys;
    };
    const evidence = () => `${typedBytes()} of ${PASTE_BYTES + keys}`;
    await eventually('all that was typed is there', isThere, evidence, PASTE_LIMIT_MS);
    const all = typed();
    expect(all.replace(/\d/g, '') === paste.toString('latin1')).toBe(true);
    expect(all.replace(/\D/g, '')).toBe(
      Array.from({ length: keys }, (_, key) => key % 10).join(''),
    );
    expect(all.search(/\d[a-z]/), 'a key was taken in the middle of the paste').toBeGreaterThan(0);
    driver.type('DONE\n');
    // Behind so many keys it may wrap, and right of the window are a border and dots.
    await observer.sees(/D[\s│·]*O[\s│·]*N[\s│·]*E/);
  });

  test('the paste of somebody who is revoked stops at once, and another driver types on', async () => {
    await using driver = attach('dirk');
    await driver.sees('driving');
    await using paster = openPaste();
    await paster.sees('driving');
    writeFileSync(home.path('slow'), '');
    const before = typedBytes();
    paster.process.stdin.write(Buffer.alloc(ENDLESS_BYTES, 'x'));
    await eventually('the paste has begun', () => typedBytes() > before + 64 * 1024);
    const revoked = await home.run(['revoke', 'dora']);
    expect(revoked.code, revoked.stderr).toBe(0);
    driver.type('FIRST\n');
    writeFileSync(home.path('fast'), '');
    await eventually('what tmux had taken is read', () => typed().includes('FIRST'));
    driver.type('SECOND\n');
    await driver.sees('SECOND');
    expect(typed().slice(before)).toMatch(/^\n?x+FIRST\nSECOND\n$/);
    expect(typedBytes() - before).toBeLessThan(ENDLESS_BYTES / 2);
    expect((await paster.ended).code).toBe(77);
    expect(paster.stdout).toContain('your access to pair was taken back');
  });
});

/** Small letters, of which no two stretches are alike for long. */
function letters(length: number): Buffer {
  const paste = Buffer.alloc(length);
  for (let index = 0; index < length; index += 1) {
    paste[index] = 97 + (((index * 31) ^ (index >> 8)) % 26);
  }
  return paste;
}
