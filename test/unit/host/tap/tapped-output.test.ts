import { expect, test } from 'vitest';
import { UnavailableError } from '../../../../src/base/errors.js';
import { Followers } from '../../../../src/gateway/commands/follower.js';
import { OutputWaits } from '../../../../src/host/tap/output-waits.js';
import { TappedOutput } from '../../../../src/host/tap/tapped-output.js';
import { FakeClock } from '../../../helpers/fake-clock.js';

function open(maxBytes = 1024) {
  const clock = new FakeClock();
  const output = new TappedOutput({ clock, maxBytes });
  const put = (text: string) => output.append(Buffer.from(text));
  const text = (start: Parameters<TappedOutput['read']>[0], max = 1024) =>
    Buffer.from(output.read(start, max).bytes).toString();
  return { clock, output, put, text };
}

test('pages follow each other and tell what is not kept any more', () => {
  const { output, put } = open(10);
  put('0123456789abcde');
  const first = output.read({ at: 0 }, 4);
  expect({ ...first, bytes: Buffer.from(first.bytes).toString() }).toMatchObject({
    bytes: '5678',
    skipped: 5,
    next: 9,
  });
  expect(output.read({ at: 99 }, 4)).toMatchObject({ skipped: 0, next: 15 });
  output.skip(100);
  expect(output.read({ at: 9 }, 4)).toMatchObject({ skipped: 106, next: 115 });
});

test('what came since a moment is found, whatever was done to the wall clock', () => {
  const { clock, put, text } = open();
  put('early ');
  clock.pass(60_000);
  put('late ');
  clock.jump(-86_400_000);
  clock.pass(60_000);
  put('now');
  expect(text({ since: clock.now() - 1_000 })).toBe('now');
  expect(text({ since: clock.now() - 61_000 })).toBe('late now');
  expect(text({ since: 0 })).toBe('early late now');
  expect(text({ since: clock.now() + 1 })).toBe('');
});

test('with more moments than are kept, nothing that came since is left out', () => {
  const { clock, put, text } = open(100_000);
  for (let at = 0; at < 5_000; at += 1) {
    put(`${at}\n`);
    clock.pass(200);
  }
  expect(text({ since: clock.now() - 100 * 200 }, 100_000)).toBe(
    Array.from({ length: 100 }, (_, at) => `${4_900 + at}\n`).join(''),
  );
  expect(text({ since: clock.now() - 4_500 * 200 }, 100_000)).toContain('\n500\n');
});

test('the last line is the open one, or else the last that has text', () => {
  const { output, put } = open();
  put('Continue? [y/N] ');
  expect([output.lastLine, output.isLineOpen]).toEqual(['Continue? [y/N] ', true]);
  put('\r\n\r\n');
  expect([output.lastLine, output.isLineOpen]).toEqual(['Continue? [y/N] ', false]);
});

test('what stood in the pane before is the last line until there is another, and no listener is told', () => {
  const { clock, output, put } = open();
  const lines: string[] = [];
  output.onLine(({ text }) => lines.push(text));
  output.recall({ lines: ['listening', 'go on? [y/n] '], isOpen: true, printed: '', shown: [] });
  expect([output.lastLine, output.isLineOpen]).toEqual(['go on? [y/n] ', true]);
  expect([output.past.length, output.end]).toEqual([2, 0]);
  put('y\r\n');
  clock.pass(100);
  expect([output.lastLine, output.isLineOpen, lines]).toEqual(['y', false, ['y']]);
  output.recall(undefined);
  expect(output.past).toEqual([]);
});

test('listeners are told once for many, and of lines in order', () => {
  const { clock, output, put } = open();
  let told = 0;
  const lines: string[] = [];
  const stop = output.onOutput(() => {
    told += 1;
  });
  output.onLine(({ text }) => lines.push(text));
  put('a\nb');
  put('c\n');
  clock.pass(0);
  expect([told, lines]).toEqual([1, ['a', 'bc']]);
  put('d\n');
  clock.pass(0);
  expect(told).toBe(1);
  clock.pass(16);
  expect(told).toBe(2);
  stop();
  put('e\n');
  clock.pass(100);
  expect([told, lines]).toEqual([2, ['a', 'bc', 'd', 'e']]);
});

test('a listener that was overtaken is told how much it missed, and goes on with what is new', () => {
  const { clock, output, put } = open(100);
  const lines: string[] = [];
  let missed = 0;
  output.onLine(
    ({ text }) => lines.push(text),
    (bytes) => {
      missed += bytes;
    },
  );
  for (let at = 0; at < 100; at += 1) put(`${at % 10}\n`);
  clock.pass(0);
  expect([missed, lines.length]).toEqual([100, 50]);
  put('new\n');
  clock.pass(100);
  expect(lines.at(-1)).toBe('new');
});

test('rates are those of the last five seconds', () => {
  const { clock, output, put } = open();
  put('12345678\n\n');
  expect([output.bytesPerSecond, output.linesPerSecond]).toEqual([2, 0.4]);
  clock.pass(4_000);
  expect(output.bytesPerSecond).toBe(2);
  clock.pass(2_000);
  expect(output.bytesPerSecond).toBe(0);
});

test('a page is waited for until there is output or the time is over', async () => {
  const { clock, output, put } = open();
  const waits = new OutputWaits(clock);
  const request = { start: { at: 0 }, maxBytes: 10, waitMs: 1_000 };
  const woken = waits.read(output, request);
  put('x');
  clock.pass(0);
  expect((await woken).next).toBe(1);
  const late = waits.read(output, { ...request, start: { lines: 0 } });
  clock.pass(1_000);
  expect(await late).toMatchObject({ skipped: 0, next: 1 });
});

/** As many follows as one engineer may have. */
function mostOf(followers: Followers, engineer: string): number {
  for (let taken = 0; ; taken += 1) {
    try {
      followers.take(engineer);
    } catch {
      return taken;
    }
  }
}

test('a whole team with all that each may follow leaves room; one more is refused, and all go at the end', async () => {
  const { clock, output } = open();
  const waits = new OutputWaits(clock);
  const request = { start: { at: 0 }, maxBytes: 10, waitMs: 1_000 };
  const followers = new Followers();
  const waiting: Promise<{ readonly next: number }>[] = [];
  for (let engineer = 0; engineer < 64; engineer += 1) {
    for (let left = mostOf(followers, `engineer-${engineer}`); left > 0; left -= 1) {
      waiting.push(waits.read(output, request));
    }
  }
  await expect(waits.read(output, request)).rejects.toThrow(UnavailableError);
  waits.close();
  expect(new Set((await Promise.all(waiting)).map(({ next }) => next))).toEqual(new Set([0]));
});

/** A pane that was taken over: two lines of what it shows came late. */
function takenOver() {
  const clock = new FakeClock();
  const output = new TappedOutput({ clock, maxBytes: 1024, roomBytes: 4096 });
  const text = (start: Parameters<TappedOutput['read']>[0]) =>
    Buffer.from(output.read(start, 4096).bytes).toString();
  output.appendLate(Buffer.from('\x1b[31mlate 1\x1b[0m\r\nlate 2\r\n'));
  clock.pass(1000);
  output.fill(['before', 'late 1', 'late 2'], '[mark]');
  return { clock, output, text };
}

test('what stood in a pane that was taken over comes before what was put out since, each line once', () => {
  const { clock, output, text } = takenOver();
  output.fill(['again'], '[mark]');
  const whole = 'before\r\n[mark]\r\n\x1b[31mlate 1\x1b[0m\r\nlate 2\r\nnew\r\n';
  clock.pass(1000);
  output.append(Buffer.from('new\r\n'));
  expect(text({ at: 0 })).toBe(whole);
  expect(text({ lines: 100 })).toBe(whole);
  expect(output.read({ at: 0 }, 4096).skipped).toBe(0);
  expect(output.lastLine).toBe('new');
  expect(text({ since: clock.now() - 500 })).toBe('new\r\n');
  expect(text({ since: clock.now() - 60_000 })).toBe(whole.slice('before\r\n'.length));
});

test('what stood in the pane is no line of a program that has put out nothing since', () => {
  const clock = new FakeClock();
  const output = new TappedOutput({ clock, roomBytes: 4096 });
  output.fill(['before'], '[mark]');
  expect(output.lastLine).toBe('');
});

test('whoever asks for more lines, or for longer ago, than is kept is told how much is missing', () => {
  const { clock, output, put } = open(10);
  put('one\ntwo\nthree\nfour\n');
  for (const start of [{ at: 0 }, { lines: 100 }, { since: clock.now() - 60_000 }]) {
    expect(output.read(start, 100)).toMatchObject({ skipped: 9, next: 19 });
  }
  expect(output.read({ lines: 1 }, 100)).toMatchObject({ skipped: 0 });
});

test('how much is kept can be changed, and what fits stays', () => {
  const { output, put, text } = open(10);
  put('0123456789abcde');
  output.limit(20);
  put('fghij');
  expect(text({ at: 0 })).toBe('56789abcdefghij');
  output.limit(4);
  expect(text({ at: 0 })).toBe('ghij');
  put('kl');
  expect(text({ at: 0 })).toBe('ijkl');
  expect(output.read({ at: 0 }, 9).skipped).toBe(18);
});
