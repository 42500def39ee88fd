import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { LogFilePlan } from '../../../../src/host/tap/schema.js';
import { eventually } from '../../../helpers/eventually.js';
import { isAlive } from '../../../helpers/keeper-pane.js';
import { TappedTmux, WORKER } from '../../../helpers/tapped-tmux.js';

const RAW = ['sh', '-c', 'stty raw -echo; echo ready; exec cat'];

function textOf(tapped: TappedTmux): string {
  const page = tapped.taps.output(WORKER).read({ at: 0 }, 1024 * 1024);
  return Buffer.from(page.bytes).toString();
}

async function type(tapped: TappedTmux, text: string): Promise<void> {
  await tapped.tmux.ask('send-keys', '-t', tapped.tmux.pane, '-l', '--', text);
}

/** Taps that run now for `tapped`, by their socket's path in their arguments. */
function tapPids(tapped: TappedTmux): number[] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return pids.map(Number).filter((pid) => {
    try {
      const argv = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
      return argv[0]?.endsWith('/tap') && argv[1] === join(tapped.directory, 'taps.sock');
    } catch {
      return false;
    }
  });
}

async function oneTap(tapped: TappedTmux): Promise<number> {
  const pids = await eventually('one tap runs', () => {
    const found = tapPids(tapped);
    return found.length === 1 ? found : undefined;
  });
  return pids[0] ?? 0;
}

test('what a pane puts out is there byte for byte, wherever the socket lies', async () => {
  await using tapped = await TappedTmux.start({ command: RAW });
  await tapped.tmux.shows('ready');
  await tapped.tap();
  await eventually('the pane is tapped', () => tapped.taps.isTapped(WORKER));
  await type(tapped, 'Grüße \u001b[31m漢字');
  await eventually(
    'the output of the pane is read',
    () => textOf(tapped) === 'Grüße \u001b[31m漢字',
  );
  expect(tapped.taps.output(WORKER).lastLine).toBe('Grüße 漢字');
  expect(tapped.taps.output(WORKER).isLineOpen).toBe(true);
  expect(tapped.taps.telemetry(WORKER, null).lastOutputAt).toBeGreaterThan(0);
});

test('a tap has three descriptors and its socket, and no folder', async () => {
  await using tapped = await TappedTmux.start({ command: RAW });
  await tapped.tap();
  const pid = await oneTap(tapped);
  await eventually('the pane is tapped', () => tapped.taps.isTapped(WORKER));
  expect(readdirSync(`/proc/${pid}/fd`).length).toBe(4);
  expect(readlinkSync(`/proc/${pid}/cwd`)).toBe('/');
});

const LOG: LogFilePlan = {
  ...{ format: 'text', maxBytes: 10_000_000, maxAgeMs: 60_000, keep: 1, gzip: false },
};

test('what a pane puts out while no host is there is kept by its tap, in order and once', async () => {
  await using tapped = await TappedTmux.start({ command: RAW });
  await tapped.tmux.shows('ready');
  tapped.taps.setLogFile(WORKER, LOG);
  await tapped.tap();
  const pid = await oneTap(tapped);
  await type(tapped, 'one\nhalf');
  await eventually('the output of the pane is read', () => textOf(tapped) === 'one\nhalf');
  for (const round of [1, 2]) {
    await tapped.closeTaps();
    await type(tapped, ` of ${round}\nnext ${round}`);
    await tapped.tmux.shows(`next ${round}`);
    await tapped.listen();
    tapped.taps.setLogFile(WORKER, LOG);
    const lines: string[] = [];
    tapped.taps.output(WORKER).onLine(({ text }) => lines.push(text));
    await tapped.taps.reconnected([WORKER]);
    await eventually('the output of this round is read', () =>
      textOf(tapped).endsWith(`next ${round}`),
    );
    await type(tapped, ' end\nopen');
    await eventually('what is new is told', () => lines.join() === `next ${round} end`);
  }
  await tapped.closeTaps();
  expect(tapPids(tapped)).toEqual([pid]);
  const whole = ['one', 'half of 1', 'next 1 end', 'open of 2', 'next 2 end'];
  expect(readFileSync(tapped.logPath, 'utf8')).toBe(`${whole.join('\n')}\n`);
  await tapped.tmux.ask('kill-pane', '-t', tapped.tmux.pane);
  await eventually('the tap ended with its pane', () => !isAlive(pid));
});

test('a host that read nothing any more before it was gone has lost nothing', async () => {
  await using tapped = await TappedTmux.start({ command: RAW });
  await tapped.tmux.shows('ready');
  await tapped.tap();
  await eventually('the pane is tapped', () => tapped.taps.isTapped(WORKER));
  await tapped.closeTaps();
  let deaf: Socket | undefined;
  const server = createServer({ pauseOnConnect: true }, (socket) => {
    deaf = socket;
  }).listen(join(tapped.directory, 'taps.sock'));
  await eventually('the tap is connected to the deaf host', () => deaf !== undefined);
  await type(tapped, 'unread');
  await tapped.tmux.shows('unread');
  deaf?.destroy();
  await new Promise((resolve) => server.close(resolve));
  await tapped.listen();
  tapped.taps.output(WORKER);
  await eventually('the unread output is read', () => textOf(tapped) === 'unread');
});

test('what was more than a tap keeps is told, and the newest is there', async () => {
  await using tapped = await TappedTmux.start({ command: RAW });
  await tapped.tmux.shows('ready');
  await tapped.tap();
  await eventually('the pane is tapped', () => tapped.taps.isTapped(WORKER));
  await tapped.closeTaps();
  await tapped.tmux.ask(
    ...['respawn-pane', '-k', '-t', tapped.tmux.pane],
    'head -c 3000000 /dev/zero | tr "\\0" x; echo; echo newest; exec cat',
  );
  await tapped.tmux.shows('newest');
  await tapped.listen();
  tapped.taps.output(WORKER);
  await tapped.taps.reconnected([WORKER]);
  const page = tapped.taps.output(WORKER).read({ at: 0 }, 2 * 1024 * 1024);
  expect(page.skipped + page.bytes.length).toBeGreaterThan(3_000_000);
  expect(Buffer.from(page.bytes).toString()).toMatch(/^x+\r\nnewest\r\n$/);
  expect(tapped.events).toMatchObject([
    {
      kind: 'output-lost',
      facts: { bytes: page.skipped },
      text: expect.stringContaining('while no host was there') as string,
    },
  ]);
});

test('a tap that is killed while no host is there leaves a gap, which is told with its times', async () => {
  await using tapped = await TappedTmux.start({ command: RAW });
  await tapped.tmux.shows('ready');
  tapped.taps.setLogFile(WORKER, LOG);
  await tapped.tap();
  const pid = await oneTap(tapped);
  await type(tapped, 'before\n');
  await eventually('the output before is read', () => textOf(tapped) === 'before\n');
  await tapped.closeTaps();
  const goneAt = Date.now();
  process.kill(pid, 'SIGKILL');
  await eventually('the tap has ended', () => !isAlive(pid));
  await type(tapped, 'unheard\n');
  // tmux notices with the next output.
  await tapped.tmux.becomes('#{pane_pipe}', '0');
  await tapped.listen();
  tapped.taps.setLogFile(WORKER, LOG);
  tapped.taps.missing(WORKER);
  await tapped.tap();
  await eventually('the pane is tapped', () => tapped.taps.isTapped(WORKER));
  await type(tapped, 'heard\n');
  const mark = /^\[triad: output from [\d:]{8} to [\d:]{8} was not kept\]\r?\nheard\n$/;
  await eventually('the mark of the gap and what follows are read', () =>
    mark.test(textOf(tapped)),
  );
  await eventually('the log file has what follows', () =>
    readFileSync(tapped.logPath, 'utf8').endsWith('heard\n'),
  );
  expect(readFileSync(tapped.logPath, 'utf8').replace('before\n', '')).toMatch(mark);
  const [lost, ...more] = tapped.events.filter(({ kind }) => kind === 'output-lost');
  expect([lost?.pane, more]).toEqual([WORKER, []]);
  expect(lost?.facts['from']).toBeLessThanOrEqual(goneAt);
  expect(lost?.facts['to']).toBeGreaterThanOrEqual(goneAt);
});

test('a pane that is tapped twice has one tap, and tells everything once', async () => {
  await using tapped = await TappedTmux.start({ command: RAW });
  await tapped.tmux.shows('ready');
  await tapped.tap();
  const first = await oneTap(tapped);
  await tapped.tap();
  await eventually('the first tap ended', () => !isAlive(first));
  await oneTap(tapped);
  await eventually('the pane is tapped', () => tapped.taps.isTapped(WORKER));
  await type(tapped, 'once');
  await eventually('the output of the pane is read', () => textOf(tapped) === 'once');
});

test('a tap outlives signals of keys, and ends with its pane', async () => {
  await using tapped = await TappedTmux.start({ command: RAW });
  await tapped.tap();
  const pid = await oneTap(tapped);
  await eventually('the pane is tapped', () => tapped.taps.isTapped(WORKER));
  for (const signal of ['SIGINT', 'SIGQUIT', 'SIGTSTP', 'SIGHUP'] as const) {
    process.kill(pid, signal);
  }
  await type(tapped, 'still');
  await eventually('the output of the pane is read', () => textOf(tapped) === 'still');
  await tapped.tmux.ask('kill-pane', '-t', tapped.tmux.pane);
  await eventually('the tap ended', () => !isAlive(pid));
  await eventually('the pane is not tapped', () => !tapped.taps.isTapped(WORKER));
});

test.each([
  ['no frame of a tap', Buffer.from('GET / HTTP/1.1\r\n\r\n')],
  ['a pane that is not there', Buffer.from('p\0\0\0\u0008nope 0 0')],
  ['no offsets', Buffer.from('p\0\0\0\u0006worker')],
  ['output of nobody', Buffer.from('o\0\0\0\u0001x')],
  ['two names', Buffer.from('p\0\0\0\nworker 0 0p\0\0\0\nworker 0 0')],
])('who says %s is cut off', async (_what, bytes) => {
  await using tapped = await TappedTmux.start({});
  tapped.taps.output(WORKER);
  const stranger = connect(join(tapped.directory, 'taps.sock'));
  let isClosed = false;
  stranger
    .on('error', () => undefined)
    .on('close', () => {
      isClosed = true;
    });
  stranger.write(bytes);
  await eventually('the stranger is cut off', () => isClosed);
  expect(tapped.taps.output(WORKER).read({ at: 0 }, 1).bytes).toHaveLength(0);
  expect(tapped.taps.isTapped(WORKER)).toBe(false);
});

test.each([
  ['reads line by line', ['sh', '-c', 'echo ready; exec cat'], true],
  ['takes bytes as they come', RAW, false],
])(
  'it is known whether the terminal of a program that %s is in canonical mode',
  async (_, command, isCanonical) => {
    await using tapped = await TappedTmux.start({ command });
    await tapped.tmux.shows('ready');
    expect(await tapped.taps.isCanonical(WORKER)).toBe(false);
    await tapped.tap();
    await eventually('the pane is tapped', () => tapped.taps.isTapped(WORKER));
    expect(await tapped.taps.isCanonical(WORKER)).toBe(isCanonical);
    expect(await tapped.taps.waitingInput(WORKER)).toBe(0);
  },
);
