import { expect, test, vi } from 'vitest';
import { UnavailableError } from '../../../../src/base/errors.js';
import { paneId } from '../../../../src/base/ids.js';
import type { CaptureRequest } from '../../../../src/base/pane.js';
import { OwnSlices } from '../../../../src/base/slices.js';
import { ControlConnection } from '../../../../src/host/tmux/control-connection.js';
import { capturePane } from '../../../../src/host/tmux/pane-text.js';
import { count } from '../../../helpers/counts.js';
import { PrivateTmux } from '../../../helpers/private-tmux.js';

function startTmux(command?: readonly string[]): Promise<PrivateTmux> {
  return PrivateTmux.start(command === undefined ? {} : { command });
}

const slices = new OwnSlices();

async function capture(tmux: PrivateTmux, request: CaptureRequest): Promise<string> {
  const place = { sessionId: tmux.sessionId, id: tmux.pane };
  const pieces = await capturePane(tmux.server, place, { ...request, slices });
  expect(Math.max(0, ...pieces.map((piece) => piece.length))).toBeLessThan(32 * 1024);
  return pieces.join('');
}

test('a capture is the screen, the last lines, or everything', async () => {
  await using tmux = await startTmux(['sh', '-c', 'seq 100; exec cat']);
  await tmux.shows('100');
  const captureLines = (lines: 'screen' | 'all' | number) => capture(tmux, { lines, ansi: false });
  const numbers = (from: number) =>
    Array.from({ length: 101 - from }, (_, index) => `${from + index}\n`).join('');
  expect(await captureLines('all')).toBe(numbers(1));
  expect(await captureLines('screen')).toBe(numbers(78));
  expect(await captureLines(3)).toBe(numbers(98));
  expect(await captureLines(50)).toBe(numbers(51));
  expect(await captureLines(1_000_000)).toBe(numbers(1));
});

test('a capture keeps colours where they are wanted', async () => {
  await using tmux = await startTmux(['sh', '-c', "printf '\\033[31mred\\033[0m\\n'; exec cat"]);
  await tmux.shows('red');
  const plain = await capture(tmux, { lines: 'screen', ansi: false });
  const coloured = await capture(tmux, { lines: 'screen', ansi: true });
  expect(plain).toBe('red\n');
  expect(coloured).toContain('\x1b[31mred');
});

test('the capture of an empty pane is empty', async () => {
  await using tmux = await startTmux();
  expect(await capture(tmux, { lines: 'all', ansi: false })).toBe('');
});

test('a pane that is gone, or of another session, is not captured', async () => {
  await using tmux = await startTmux();
  const other = await tmux.ask('new-session', '-d', '-P', '-F', '#{pane_id}', 'sh', '-c', 'cat');
  for (const id of [paneId('%99'), paneId(other)]) {
    const place = { sessionId: tmux.sessionId, id };
    const captured = capturePane(tmux.server, place, { lines: 'all', ansi: false, slices });
    await expect(captured).rejects.toThrow(UnavailableError);
  }
});

/** A pane whose scrollback is limited, and which begins to count when Enter is pressed. */
async function counting(limit: number, lines: number, pace = ''): Promise<PrivateTmux> {
  const tmux = await startTmux();
  await tmux.ask('set-option', '-g', 'history-limit', `${limit}`);
  const script = `seq -f 'line %.0f' ${lines}; echo ready; read -r go; i=${lines}; while :; do i=$((i+1)); echo line $i; ${pace}done`;
  const pane = await tmux.ask('new-window', '-P', '-F', '#{pane_id}', 'sh', '-c', script);
  Object.assign(tmux, { pane: paneId(pane) });
  await tmux.shows('ready');
  return tmux;
}

function numbersOf(text: string): number[] {
  return [...text.matchAll(/^line (\d+)$/gm)].map((match) => Number(match[1]));
}

test.each([false, true])('no line is twice or lost while more come (ansi: %s)', async (ansi) => {
  const lines = count(3_000, 40_000);
  // A process for each line: as fast as a program that does something.
  await using tmux = await counting(100_000, lines, '/bin/true; ');
  await tmux.ask('send-keys', '-t', tmux.pane, 'Enter');
  const numbers = numbersOf(await capture(tmux, { lines: 'all', ansi }));
  expect(numbers.length).toBeGreaterThanOrEqual(lines);
  const wrong = numbers.findIndex((number, index) => number !== index + 1);
  expect(numbers.slice(wrong, wrong + 3), `at ${wrong} of ${numbers.length}`).toEqual([]);
});

test('under a flood what is captured is in order, each line once', async () => {
  const lines = 2_000;
  await using tmux = await counting(lines, lines);
  const captured = capture(tmux, { lines: 'all', ansi: false });
  await tmux.ask('send-keys', '-t', tmux.pane, 'Enter');
  const numbers = numbersOf(await captured);
  expect(numbers.every((number, at) => at === 0 || number > (numbers[at - 1] ?? 0))).toBe(true);
});

/** Answers of tmux while it is captured: the longest wait for one, and how many there were. */
async function askWhile(tmux: PrivateTmux, work: () => Promise<unknown>) {
  const control = await ControlConnection.open(tmux.server, tmux.sessionId, () => undefined);
  const waits: number[] = [];
  const over = new AbortController();
  const asking = (async () => {
    while (!over.signal.aborted) {
      const askedAt = performance.now();
      await control.ask('display-message', ['-p', '1']);
      waits.push(performance.now() - askedAt);
    }
  })();
  await work();
  over.abort();
  await asking;
  control.close();
  await control.closed;
  return waits.sort((one, other) => other - one);
}

test('others are answered many times while a long scrollback with colours is captured', async () => {
  const lines = count(2_000, 20_000);
  const row = `for (i = 0; i < ${lines}; i++) { for (c = 0; c < 200; c++) printf "\\033[38;2;%d;%d;9m%c", c, i % 256, 97 + (c + i) % 26; printf "\\n" }`;
  await using tmux = await startTmux();
  await tmux.ask('set-option', '-g', 'history-limit', `${lines}`);
  const made = ['new-window', '-P', '-F', '#{pane_id}', 'sh', '-c'];
  const script = `stty -opost; awk 'BEGIN {${row}}'; echo ready; exec cat`;
  Object.assign(tmux, { pane: paneId(await tmux.ask(...made, script)) });
  await tmux.ask('resize-window', '-t', tmux.pane, '-x', '200', '-y', '50');
  await tmux.shows('ready');
  await follow(tmux);
  const waits = await askWhile(tmux, () => capture(tmux, { lines: 'all', ansi: true }));
  // No page has more than 600 of these lines, and each is followed by answers.
  expect(waits.length).toBeGreaterThan(lines / 600);
});

/** From now on pages are measured by the processor time of the server, which no other process changes. */
async function follow(tmux: PrivateTmux): Promise<void> {
  await tmux.server.program.follow(Number(await tmux.ask('display-message', '-p', '#{pid}')));
}

test('a long scrollback is read by a few clients of tmux', async () => {
  const lines = count(20_000, 100_000);
  await using tmux = await counting(lines, lines);
  await follow(tmux);
  const run = vi.spyOn(tmux.server, 'run');
  const numbers = numbersOf(await capture(tmux, { lines: 'all', ansi: false }));
  expect(numbers).toHaveLength(lines);
  expect(run.mock.calls.length).toBeLessThan(lines / 500);
});
