import {
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import {
  type LogFileNews,
  LogWriter,
  type LogWriterOptions,
} from '../../../../src/host/tap/log-writer.js';
import { TappedOutput } from '../../../../src/host/tap/tapped-output.js';
import { eventually } from '../../../helpers/eventually.js';
import { FakeClock } from '../../../helpers/fake-clock.js';
import { NO_LOG } from '../../../helpers/tapped-tmux.js';

const PLAN = { format: 'text', maxBytes: 1024, maxAgeMs: 60_000, keep: 2, gzip: true } as const;

/** A pane's output and where its log file is to be. */
class LoggedPane implements AsyncDisposable {
  readonly root = mkdtempSync(join(tmpdir(), 'triad-logs-'));
  readonly folder = join(this.root, 'logs', 'pair');
  readonly path = join(this.folder, 'worker.log');
  readonly clock = new FakeClock();
  readonly output = new TappedOutput({ clock: this.clock, maxBytes: 4096 });
  readonly news: LogFileNews[] = [];
  #writer: LogWriter | undefined;

  begin(options: Partial<LogWriterOptions> = {}): LogWriter {
    this.#writer = new LogWriter({
      ...{
        path: this.path,
        plan: PLAN,
        output: this.output,
        from: 0,
        clock: this.clock,
        log: NO_LOG,
      },
      onNews: (news) => this.news.push(news),
      ...options,
    });
    return this.#writer;
  }

  put(text: string): void {
    this.output.append(Buffer.from(text));
    this.clock.pass(100);
  }

  text(name = 'worker.log'): string {
    return readFileSync(join(this.folder, name), 'utf8');
  }

  async has(text: string): Promise<void> {
    await eventually(
      `the file has ${text}`,
      () => existsSync(this.path) && this.text().includes(text),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#writer?.close();
    this.output.close();
    rmSync(this.root, { recursive: true, force: true });
  }
}

test('a log file has the lines as people see them, private, and the open one at the end', async () => {
  await using pane = new LoggedPane();
  const writer = pane.begin();
  pane.put('\x1b[31mred\x1b[0m\r\nopen');
  await writer.close();
  expect(pane.text()).toBe('red\nopen\n');
  expect(statSync(pane.path).mode & 0o777).toBe(0o600);
  expect(statSync(pane.folder).mode & 0o777).toBe(0o700);
});

test('a raw one has every byte', async () => {
  await using pane = new LoggedPane();
  const writer = pane.begin({ plan: { ...PLAN, format: 'raw' } });
  pane.put('\x1b[31mred\x1b[0m\r\nopen');
  await writer.close();
  expect(pane.text()).toBe('\x1b[31mred\x1b[0m\r\nopen');
});

test('files are rotated by size, old ones compressed, and the oldest removed', async () => {
  await using pane = new LoggedPane();
  const writer = pane.begin();
  for (let at = 0; at < 5; at += 1) {
    pane.put(`${String(at).repeat(1000)}\n`);
    await pane.has(String(at).repeat(1000));
  }
  await eventually(
    'the newest old one is compressed',
    () => readdirSync(pane.folder).sort().join() === 'worker.log,worker.log.1.gz,worker.log.2.gz',
  );
  expect(gunzipSync(readFileSync(`${pane.path}.1.gz`)).toString()).toBe(`${'3'.repeat(1000)}\n`);
  expect(gunzipSync(readFileSync(`${pane.path}.2.gz`)).toString()).toBe(`${'2'.repeat(1000)}\n`);
  await writer.close();
});

test('a file that is too old is rotated with the next output', async () => {
  await using pane = new LoggedPane();
  pane.begin({ plan: { ...PLAN, gzip: false } });
  pane.put('old\n');
  await pane.has('old');
  pane.clock.jump(86_400_000);
  pane.put('same day\n');
  await pane.has('same day');
  pane.clock.pass(60_001);
  pane.put('new\n');
  await pane.has('new');
  expect([pane.text(), pane.text('worker.log.1')]).toEqual(['new\n', 'old\nsame day\n']);
});

test('output that came faster than it could be written is left out, and the file says how much', async () => {
  await using pane = new LoggedPane();
  pane.output.append(Buffer.from('x'.repeat(5000)));
  pane.output.append(Buffer.from('\nlast\n'));
  pane.begin({ plan: { ...PLAN, maxBytes: 100_000 } });
  await pane.has('last');
  expect(pane.text()).toMatch(/^\[triad: 910 bytes left out\]\nx{4090}\nlast\n$/);
});

test.each([
  ['moved', (pane: LoggedPane) => renameSync(pane.path, `${pane.path}-20260101`)],
  ['removed', (pane: LoggedPane) => rmSync(pane.path)],
  ['gone with its folder', (pane: LoggedPane) => rmSync(pane.folder, { recursive: true })],
  [
    'replaced by another file',
    (pane: LoggedPane) => {
      renameSync(pane.path, `${pane.path}-20260101`);
      writeFileSync(pane.path, '');
    },
  ],
])('what follows is under its name where the file was %s', async (_what, takeAway) => {
  await using pane = new LoggedPane();
  const writer = pane.begin();
  pane.put('before\n');
  await pane.has('before');
  takeAway(pane);
  pane.put('after\n');
  await pane.has('after');
  expect(pane.text()).toBe('after\n');
  expect([writer.problem, pane.news]).toEqual([undefined, []]);
});

test('a file that somebody moved, and that Triad rotates later, loses and doubles nothing', async () => {
  await using pane = new LoggedPane();
  pane.begin({ plan: { ...PLAN, gzip: false } });
  for (const at of [0, 1, 2]) {
    pane.put(`${String(at).repeat(1000)}\n`);
    await pane.has(String(at).repeat(1000));
    if (at === 0) renameSync(pane.path, `${pane.path}-moved`);
  }
  const names = ['worker.log-moved', 'worker.log.1', 'worker.log'];
  expect(names.map((name) => pane.text(name)[0])).toEqual(['0', '1', '2']);
  expect(readdirSync(pane.folder).sort()).toEqual(['worker.log', ...names.slice(0, 2)].sort());
});

test('a link that takes the place of the file is refused and told, and what was there stays', async () => {
  await using pane = new LoggedPane();
  pane.begin();
  pane.put('before\n');
  await pane.has('before');
  const other = join(pane.root, 'other');
  writeFileSync(other, 'untouched');
  rmSync(pane.path);
  symlinkSync(other, pane.path);
  pane.put('secret\n');
  await eventually('the failure was told', () => pane.news.length === 1);
  expect(readFileSync(other, 'utf8')).toBe('untouched');
  rmSync(pane.path);
  await eventually('the log file is written again', () => {
    pane.clock.pass(30_000);
    return pane.news.length === 2;
  });
  expect(pane.text()).toBe('secret\n');
});

test('a full disk is told once, costs only the log, and the file goes on when there is room', async () => {
  await using pane = new LoggedPane();
  let isFull = true;
  const writer = pane.begin({
    open: (path) => open(isFull ? '/dev/full' : path, 'a', 0o600),
  });
  pane.put('first\n');
  await eventually('the failure was told', () => pane.news.length === 1);
  expect(writer.problem).toBe('its log file cannot be written: no space left on device (ENOSPC)');
  expect(pane.news[0]).toMatchObject({ isFailure: true, code: 'ENOSPC' });
  pane.put('second\n');
  isFull = false;
  // Once, and no more: the file would become old, and be rotated.
  pane.clock.pass(30_000);
  await eventually('the recovery was told', () => pane.news.length === 2);
  await pane.has('second');
  expect(pane.text()).toBe('first\nsecond\n');
  expect([writer.problem, pane.news[1]?.isFailure]).toEqual([undefined, false]);
});

test.each([
  ['a link', (path: string, other: string) => symlinkSync(other, path)],
  ['a second name of a file', (path: string, other: string) => linkSync(other, path)],
])('%s that somebody planted is not written to', async (_what, plant) => {
  await using pane = new LoggedPane();
  const other = join(pane.root, 'other');
  writeFileSync(other, 'untouched');
  mkdirSync(pane.folder, { recursive: true });
  plant(pane.path, other);
  pane.begin();
  pane.put('secret\n');
  await eventually('the failure was told', () => pane.news.length === 1);
  expect(readFileSync(other, 'utf8')).toBe('untouched');
});

test('a folder that is a link is refused', async () => {
  await using pane = new LoggedPane();
  mkdirSync(join(pane.root, 'elsewhere'));
  symlinkSync(join(pane.root, 'elsewhere'), join(pane.root, 'logs'));
  pane.begin();
  pane.put('secret\n');
  await eventually('the failure was told', () => pane.news.length === 1);
  expect(readdirSync(join(pane.root, 'elsewhere'))).toEqual([]);
});
