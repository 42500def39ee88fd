import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { eventually } from '../../helpers/eventually.js';
import { isAlive } from '../../helpers/keeper-pane.js';
import { TappedTmux, WORKER } from '../../helpers/tapped-tmux.js';

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
  await eventually('it is there', () => textOf(tapped) === 'Grüße \u001b[31m漢字');
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

test('a tap ends when the host is gone, and tmux pipes no more until the pane is tapped again', async () => {
  await using tapped = await TappedTmux.start({ command: RAW });
  await tapped.tap();
  const pid = await oneTap(tapped);
  await eventually('the pane is tapped', () => tapped.taps.isTapped(WORKER));
  await tapped.closeTaps();
  await eventually('the tap ended', () => !isAlive(pid));
  // tmux notices with the next output.
  await type(tapped, 'unheard');
  await tapped.tmux.becomes('#{pane_pipe}', '0');
  await tapped.listen();
  await tapped.tap();
  await eventually('the pane is tapped', () => tapped.taps.isTapped(WORKER));
  await type(tapped, 'heard');
  await eventually('only what came since is there', () => textOf(tapped) === 'heard');
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
  await eventually('it is there', () => textOf(tapped) === 'once');
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
  await eventually('it is there', () => textOf(tapped) === 'still');
  await tapped.tmux.ask('kill-pane', '-t', tapped.tmux.pane);
  await eventually('the tap ended', () => !isAlive(pid));
  await eventually('the pane is not tapped', () => !tapped.taps.isTapped(WORKER));
});

test.each([
  ['no frame of a tap', Buffer.from('GET / HTTP/1.1\r\n\r\n')],
  ['a pane that is not there', Buffer.from('p\0\0\0\u0004nope')],
  ['output of nobody', Buffer.from('o\0\0\0\u0001x')],
  ['two names', Buffer.from('p\0\0\0\u0006workerp\0\0\0\u0006worker')],
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
  await eventually('it is cut off', () => isClosed);
  expect(tapped.taps.output(WORKER).end).toBe(0);
  expect(tapped.taps.isTapped(WORKER)).toBe(false);
});
