import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { describe, expect, test } from 'vitest';
import { RefusedError, UnavailableError, UsageError } from '../../../src/base/errors.js';
import { paneId, paneName, sessionName } from '../../../src/base/ids.js';
import { LoopShare } from '../../../src/base/loop-share.js';
import type { DriverView, HostLink } from '../../../src/link/host-link.js';
import { openLinkClient } from '../../../src/link/link-client.js';
import { LinkServer } from '../../../src/link/link-server.js';
import { openLogger } from '../../../src/log/logger.js';
import { count } from '../../helpers/counts.js';
import { eventually } from '../../helpers/eventually.js';
import { SeenMirror } from '../../helpers/seen-mirror.js';
import { PAIR, SmallHost, WORKER } from '../../helpers/small-host.js';

const SIZE = { cols: 80, rows: 24 };
const log = openLogger({ level: 'error', destination: { write: () => undefined } });

interface Linked extends AsyncDisposable {
  readonly small: SmallHost;
  readonly link: HostLink;
}

async function inProcess(command?: readonly string[]): Promise<Linked> {
  const small = await SmallHost.start(command);
  return { small, link: small.link, [Symbol.asyncDispose]: () => small[Symbol.asyncDispose]() };
}

async function overSocket(command?: readonly string[]): Promise<Linked> {
  const small = await SmallHost.start(command);
  const path = join(small.directory, 'link.sock');
  const server = await LinkServer.listen({ path, log, taken: () => new Error('taken') });
  server.serve(small.link);
  const link = openLinkClient({ path, log, share: new LoopShare() });
  await link.whenReachable(AbortSignal.timeout(60_000));
  const close = async () => {
    link.close();
    await server.close();
    await small[Symbol.asyncDispose]();
  };
  return { small, link, [Symbol.asyncDispose]: close };
}

/** What a view showed so far. */
class Shown {
  text = '';
  bytes = 0;
  readonly onOutput = (bytes: Uint8Array) => {
    this.bytes += bytes.length;
    this.text += Buffer.from(bytes).toString('latin1');
  };

  async shows(text: string): Promise<void> {
    await eventually(
      `the view showed ${text}`,
      () => this.text.includes(text),
      () => JSON.stringify(this.text.slice(-2000)),
    );
  }
}

function request(shown: Shown, session = PAIR) {
  return { session, term: 'xterm-256color', size: SIZE, onOutput: shown.onOutput };
}

async function openDriver(link: HostLink): Promise<{ view: DriverView; shown: Shown }> {
  const shown = new Shown();
  return { view: await link.openDriver(request(shown)), shown };
}

/** Writes as a channel does: waits whenever the view asks for it. */
async function writeAll(view: DriverView, bytes: Uint8Array): Promise<void> {
  let resume: () => void = () => undefined;
  view.onDrain(() => resume());
  for (let offset = 0; offset < bytes.length; offset += 32_768) {
    const piece = Uint8Array.from(bytes.subarray(offset, offset + 32_768));
    const drained = new Promise<void>((resolve) => {
      resume = resolve;
    });
    if (!view.write(piece)) await drained;
  }
}

describe.each([
  ['in process', inProcess],
  ['over a socket', overSocket],
])('the link %s', (_form, open) => {
  test('describes what there is', async () => {
    await using linked = await open();
    const [session, ...others] = await linked.link.describe({});
    expect(others).toEqual([]);
    expect(session).toMatchObject({ name: PAIR, state: 'running', adopted: false });
    // What is measured of a pane may be another one between the two answers.
    await eventually('the link describes the panes as the host does', async () => {
      const [told, known] = [await linked.link.describe({}), await linked.small.host.describe()];
      return isDeepStrictEqual(told[0]?.panes, known[0]?.panes);
    });
  });

  test('brings what a driver types to the pane, and what the pane shows to other drivers', async () => {
    await using linked = await open();
    const driver = await openDriver(linked.link);
    const other = await openDriver(linked.link);
    expect(driver.view.write(Buffer.from('hello from the driver\r'))).toBe(true);
    await driver.shown.shows('hello from the driver');
    await other.shown.shows('hello from the driver');
    driver.view.close();
    other.view.close();
    expect(await driver.view.ended).toEqual({ reason: 'closed', isTerminalRestored: false });
    expect(await other.view.ended).toEqual({ reason: 'closed', isTerminalRestored: false });
  });

  test('gives a mirror no way in, and shows through it what the drivers see', async () => {
    await using linked = await open(['sh', '-c', 'echo hello; exec cat']);
    await using mirror = await SeenMirror.open(linked.link);
    for (const way of ['write', 'resize', 'onDrain']) expect(way in mirror.view).toBe(false);
    await mirror.seen.shows('hello');
    expect(mirror.seen.order[0]).toBe('layout');
    await linked.small.server.run(['split-window', '-t', '%0', 'sh', '-c', 'echo new; exec cat']);
    await mirror.seen.has('the new pane', ({ panes }) => panes.length === 2);
    await mirror.seen.shows('new');
    mirror.view.close();
    expect(await mirror.view.ended).toEqual({ reason: 'closed', isTerminalRestored: false });
  });

  test('drops the output of a blocked mirror, and repaints it later', async () => {
    const script = 'read x; seq 1 200000; echo flood is over; cat';
    await using linked = await open(['sh', '-c', script]);
    await using blocked = await SeenMirror.open(linked.link);
    await using other = await SeenMirror.open(linked.link);
    await blocked.seen.shows('worker');
    blocked.view.setBlocked(true);
    const before = blocked.seen.bytes;
    await linked.link.pane({ ...WORKER, ask: { verb: 'keys', keys: ['Enter'] } });
    await other.seen.shows('flood is over');
    expect(blocked.seen.bytes - before).toBeLessThan(512 * 1024);
    blocked.view.setBlocked(false);
    await blocked.seen.shows('flood is over');
  });

  test('tells a mirror that the session has ended', async () => {
    await using linked = await open();
    const mirror = await SeenMirror.open(linked.link);
    await linked.link.endSession({ session: PAIR });
    expect((await mirror.view.ended).reason).toBe('session-ended');
    await expect(SeenMirror.open(linked.link)).rejects.toThrow(UnavailableError);
  });

  test('gives pages of a pane’s history', async () => {
    await using linked = await open(['sh', '-c', 'seq 1 1000; exec cat']);
    const target = { session: PAIR, pane: paneId('%0') };
    const shows = async () =>
      linked.link.pane({ ...WORKER, ask: { verb: 'capture', lines: 'screen', ansi: false } });
    await eventually('the pane shows the last line, 1000', async () =>
      (await shows()).join('').includes('1000'),
    );
    const page = await linked.link.history({
      ...target,
      firstLine: -500,
      count: 500,
    });
    expect(page.lines).toHaveLength(500);
    expect(page.lines.at(-1)).toBe(`${page.historySize}`);
    expect(page).toMatchObject({ firstLine: -500, size: { cols: 200 } });
    const gone = { session: PAIR, pane: paneId('%99') };
    await expect(linked.link.history({ ...gone, firstLine: 0, count: 1 })).rejects.toThrow(
      UnavailableError,
    );
    const elsewhere = { ...target, session: sessionName('elsewhere') };
    await expect(linked.link.history({ ...elsewhere, firstLine: 0, count: 1 })).rejects.toThrow(
      'there is no session elsewhere',
    );
  });

  test('searches a pane’s history', async () => {
    await using linked = await open(['sh', '-c', 'seq 1 1000; exec cat']);
    const target = { session: PAIR, pane: paneId('%0') };
    const about = { direction: 'backward', pageLines: 300, pages: 4 } as const;
    const search = (text: string) =>
      linked.link.search({ ...target, ...about, text, firstLine: -1, historySize: 900 });
    await eventually('line 123 is found', async () => {
      const { found } = await search('123');
      return found?.texts.includes('123');
    });
    expect(await search('nowhere')).toMatchObject({ searched: 900, next: null, found: null });
    const gone = { session: PAIR, pane: paneId('%99'), ...about };
    await expect(
      linked.link.search({ ...gone, text: 'x', firstLine: -1, historySize: 900 }),
    ).rejects.toThrow(UnavailableError);
  });

  test('sizes a driver’s terminal, at the opening and later', async () => {
    await using linked = await open();
    const { view } = await openDriver(linked.link);
    const windowSize = async () =>
      (await linked.small.server.run(['list-windows', '-a', '-F', '#{window_width}']))
        .toString()
        .trim();
    await eventually('the window was 80 wide', async () => (await windowSize()) === '80');
    for (const cols of [90, 91, 92, 100]) view.resize({ cols, rows: 30 });
    await eventually('the window was 100 wide', async () => (await windowSize()) === '100');
    view.close();
    await view.ended;
    view.resize(SIZE);
  });

  test('tells that tmux let somebody go, with the terminal restored by tmux', async () => {
    await using linked = await open();
    const { view, shown } = await openDriver(linked.link);
    await shown.shows('\x1b[?1049h');
    await linked.small.server.run(['detach-client', '-s', 'pair']);
    expect(await view.ended).toEqual({ reason: 'detached', isTerminalRestored: true });
    await shown.shows('\x1b[?1049l');
  });

  test('tells that the session has ended', async () => {
    await using linked = await open();
    const driver = await openDriver(linked.link);
    await driver.shown.shows('\x1b[?1049h');
    await linked.link.endSession({ session: PAIR });
    expect((await driver.view.ended).reason).toBe('session-ended');
    expect((await linked.link.describe({}))[0]?.state).toBe('ended');
    await expect(openDriver(linked.link)).rejects.toThrow(UnavailableError);
  });

  test('brings megabytes of pasted text to the pane, complete and in order', async () => {
    const bytes = count(1, 8) * 1024 * 1024;
    const sink = `stty raw -echo; echo ready; head -c ${bytes} > pasted; echo all of it`;
    await using linked = await open(['sh', '-c', `${sink}; cat`]);
    const { view, shown } = await openDriver(linked.link);
    await shown.shows('ready');
    const lines = Array.from({ length: bytes / 8 }, (_, n) => `${`${n}`.padStart(7, '0')}.`);
    const text = Buffer.from(lines.join(''));
    await writeAll(view, text);
    await shown.shows('all of it');
    const pasted = readFileSync(join(linked.small.directory, 'pasted'));
    const digest = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
    expect(digest(pasted)).toBe(digest(text));
    view.close();
    await view.ended;
  });

  test('refuses views without end, and harms nobody by it', async () => {
    await using linked = await open();
    const neighbour = await openDriver(linked.link);
    const elsewhere = sessionName('elsewhere');
    for (let round = 0; round < 1500; round += 1) {
      const refused = linked.link.openDriver(request(new Shown(), elsewhere));
      await expect(refused).rejects.toThrow('there is no session elsewhere');
    }
    neighbour.view.write(Buffer.from('still here\r'));
    await neighbour.shown.shows('still here');
    neighbour.view.close();
    await neighbour.view.ended;
  });

  test('gives a driver up who pastes on and on without heeding the mark', async () => {
    const script = 'stty raw -echo; echo ready; sleep 1000';
    await using linked = await open(['sh', '-c', script]);
    const driver = await openDriver(linked.link);
    const neighbour = await openDriver(linked.link);
    await driver.shown.shows('ready');
    let written = 0;
    let hasEnded = false;
    void driver.view.ended.then(() => (hasEnded = true));
    await eventually('the driver’s view was given up', () => {
      for (let piece = 0; piece < 64; piece += 1) driver.view.write(Buffer.alloc(65_536, 'x'));
      written += 64 * 65_536;
      return hasEnded || written > 512 * 1024 * 1024;
    });
    expect(hasEnded).toBe(true);
    expect((await driver.view.ended).reason).toBe('failed');
    expect((await linked.link.describe({}))[0]?.state).toBe('running');
    neighbour.view.close();
    await neighbour.view.ended;
  });

  test('drops what a driver has pasted and the pane has not taken when the view is closed', async () => {
    const script =
      'stty raw -echo; echo ready; while ! test -e go; do sleep 0.05; done; cat > pasted';
    await using linked = await open(['sh', '-c', script]);
    const { view, shown } = await openDriver(linked.link);
    await shown.shows('ready');
    const sent = 8 * 1024 * 1024;
    for (let offset = 0; offset < sent; offset += 65_536) view.write(Buffer.alloc(65_536, 'x'));
    const drained: string[] = [];
    view.onDrain(() => drained.push('drained'));
    view.close();
    expect(view.write(Buffer.from('after the end'))).toBe(true);
    expect((await view.ended).reason).toBe('closed');
    expect(drained).toEqual([]);
    writeFileSync(join(linked.small.directory, 'go'), '');
    await linked.link.pane({ ...WORKER, ask: { verb: 'send', text: 'typed later', enter: true } });
    const file = join(linked.small.directory, 'pasted');
    const pasted = () => (existsSync(file) ? readFileSync(file, 'utf8') : '');
    await eventually('what came later is there', () => pasted().endsWith('typed later\r'));
    expect(pasted().length).toBeLessThan(sent);
  });

  test('captures, types and presses keys', async () => {
    await using linked = await open();
    await linked.link.pane({
      ...WORKER,
      ask: { verb: 'send', text: 'täglich\tund\nzweimal', enter: true },
    });
    const shows = (...texts: string[]) =>
      eventually(`the pane showed ${texts.join()}`, async () => {
        const pieces = await linked.link.pane({
          ...WORKER,
          ask: { verb: 'capture', lines: 'screen', ansi: false },
        });
        const text = pieces.join('');
        return texts.every((each) => text.split(each).length > 2);
      });
    await shows('täglich', 'zweimal');
    await linked.link.pane({ ...WORKER, ask: { verb: 'keys', keys: ['x', 'Enter'] } });
    await shows('x\n');
    expect(
      await linked.link.pane({ ...WORKER, ask: { verb: 'capture', lines: 1, ansi: false } }),
    ).toEqual(['x\n']);
  });

  test('restarts a pane', async () => {
    await using linked = await open();
    const pid = async () => (await linked.link.describe({}))[0]?.panes[0]?.pid;
    const before = await pid();
    await linked.link.supervise({ ...WORKER, action: 'restart' });
    const after = await pid();
    expect(after).toBeTypeOf('number');
    expect(after).not.toBe(before);
  });

  test('tells what is wrong, with the same words and class of error', async () => {
    await using linked = await open(['sh', '-c', 'exit 3']);
    const { link } = linked;
    const elsewhere = sessionName('elsewhere');
    await expect(link.openDriver(request(new Shown(), elsewhere))).rejects.toThrow(
      new UnavailableError('there is no session elsewhere'),
    );
    const nobody = { session: PAIR, pane: paneName('nobody') };
    await expect(
      link.pane({ ...nobody, ask: { verb: 'capture', lines: 'all', ansi: true } }),
    ).rejects.toThrow(new UnavailableError('there is no pane nobody'));
    await eventually('the command has ended', async () => {
      const [session] = await link.describe({});
      return session?.panes[0]?.state === 'backoff';
    });
    const refused = link.pane({ ...WORKER, ask: { verb: 'send', text: 'x', enter: true } });
    await expect(refused).rejects.toThrow(RefusedError);
    await expect(refused).rejects.toMatchObject({
      userMessage: 'the command of worker is not running',
      hint: 'triad status',
    });
    await link.supervise({ ...WORKER, action: 'restart' }).catch(() => undefined);
  });

  test('refuses a key that is none', async () => {
    await using linked = await open();
    await expect(
      linked.link.pane({ ...WORKER, ask: { verb: 'keys', keys: ['NoSuchKey'] } }),
    ).rejects.toThrow(UsageError);
  });

  test('opens and closes any number of views one after the other', async () => {
    await using linked = await open();
    for (let round = 0; round < count(5, 500); round += 1) {
      const views = await Promise.all([
        ...[openDriver(linked.link), openDriver(linked.link)],
        ...[SeenMirror.open(linked.link), SeenMirror.open(linked.link)],
      ]);
      for (const { view } of views) view.close();
      await Promise.all(views.map(({ view }) => view.ended));
    }
    expect((await linked.link.describe({}))[0]?.state).toBe('running');
  });
});
