import { expect, test } from 'vitest';
import type { OutputRequest, OutputStart } from '../../../../src/base/output-page.js';
import { LinkLostError } from '../../../../src/link/link-lost.js';
import { eventually } from '../../../helpers/eventually.js';
import { Executed } from '../../../helpers/executed.js';
import { describedPane, describedSession } from '../../../helpers/fake-host.js';

/** A pane's ring: bytes from `first` on are kept. */
class Ring {
  readonly asked: OutputRequest[] = [];
  stream = 'first';
  bytes = Buffer.alloc(0);
  first = 0;
  /** What the next question is answered with instead. */
  failure: Error | undefined;
  /** So many questions on, the link is lost for one. */
  loseAfter = 0;
  /** Called when somebody asks at the end, and waits. */
  onWait: () => void = () => undefined;
  readonly #pageBytes: number;

  constructor(text: string, pageBytes = 1024) {
    this.add(text);
    this.#pageBytes = pageBytes;
  }

  add(text: string): void {
    this.bytes = Buffer.concat([this.bytes, Buffer.from(text)]);
  }

  readonly verbs = new Executed({
    describe: async () => [describedSession([describedPane('worker')])],
    output: async (request) => {
      this.asked.push(request);
      const { failure, stream } = this;
      this.failure = undefined;
      this.loseAfter -= 1;
      if (this.loseAfter === 0) throw new LinkLostError();
      if (failure !== undefined) throw failure;
      const { start } = request;
      const end = this.first + this.bytes.length;
      const asked = this.#offsetOf(start);
      const from = Math.max(asked, this.first);
      const bytes = this.bytes.subarray(from - this.first).subarray(0, this.#pageBytes);
      if (bytes.length === 0 && request.waitMs > 0) {
        await new Promise((resolve) => setTimeout(resolve, 1));
        this.onWait();
      }
      const next = Math.min(from + bytes.length, end);
      return { bytes, skipped: from - asked, next, stream };
    },
  });

  /** What came since a time is what comes from now on: all of it came long ago. */
  #offsetOf(start: OutputStart): number {
    if ('lines' in start) return this.#lastLines(start.lines);
    const isHere = !('stream' in start) || start.stream === this.stream;
    if ('at' in start && isHere) return start.at;
    return this.stream === 'first' ? this.first + this.bytes.length : 0;
  }

  #lastLines(count: number): number {
    const lines = this.bytes.toString().split('\n').slice(0, -1);
    const text = count === 0 ? '' : lines.slice(-count).join('\n');
    return this.first + this.bytes.length - (count === 0 ? 0 : Buffer.byteLength(`${text}\n`));
  }
}

test('all that is kept comes page by page as plain text, and is on record', async () => {
  const ring = new Ring('\x1b[31mröd\x1b[0m\r\nline two\n'.repeat(50), 7);
  expect(await ring.verbs.text(['logs', 'worker'])).toBe('röd\nline two\n'.repeat(50));
  expect(ring.verbs.audited).toEqual([
    {
      ...{ event: 'outputRead', session: 'pair', pane: 'worker', follows: false },
      actor: { engineer: 'dora', door: 'ssh' },
    },
  ]);
});

test('bytes that are not kept any more leave a mark on a line of its own', async () => {
  const ring = new Ring('kept\n');
  ring.first = 4096;
  expect(await ring.verbs.text(['logs', 'worker'])).toBe(
    '[triad: 4096 bytes before this are not kept any more: keepOutput in triad.yaml]\nkept\n',
  );
});

test('a last line that is not ended is ended, and raw output is left as it is', async () => {
  const ring = new Ring('\x1b[1m$ \x1b[0m');
  expect(await ring.verbs.text(['logs', 'worker'])).toBe('$ \n');
  expect(await ring.verbs.text(['logs', 'worker', '--raw'])).toBe('\x1b[1m$ \x1b[0m');
});

test('lines and times say where to begin', async () => {
  const ring = new Ring('one\ntwo\nthree\n');
  expect(await ring.verbs.text(['logs', 'worker', '--lines', '2'])).toBe('two\nthree\n');
  expect(await ring.verbs.text(['logs', 'worker', '--lines', '0'])).toBe('');
  await ring.verbs.text(['logs', 'worker', '--since', '2020-01-01T00:00:00Z']);
  expect(ring.asked.map(({ start }) => start)).toContainEqual({ since: 1_577_836_800_000 });
});

test('a pane that goes on and on does not keep somebody who does not follow', async () => {
  const ring = new Ring('x'.repeat(100), 10);
  const answered = ring.verbs.text(['logs', 'worker']);
  const timer = setInterval(() => ring.add('y'.repeat(50)), 0);
  expect(await answered).toMatch(/^x{100}y*\n$/);
  clearInterval(timer);
});

test('whoever follows gets what comes, over a lost host too, until they leave', async () => {
  const ring = new Ring('before\n');
  const leave = new AbortController();
  const steps = [
    () => ring.add('after\n'),
    () => {
      ring.failure = new LinkLostError();
    },
    () => leave.abort(),
  ];
  ring.onWait = () => steps.shift()?.();
  const pieces = await ring.verbs.pieces(['logs', 'worker', '--follow'], leave.signal);
  const texts = pieces.map((piece) => ('text' in piece ? piece.text : piece.exitCode));
  expect(texts.slice(0, 4)).toEqual([
    'before\n',
    'after\n',
    'triad: the host cannot be reached, waiting for it\n',
    'triad: the host is back\n',
  ]);
  expect(ring.asked[0]?.start).toEqual({ lines: 10 });
});

test('a lost link costs nobody who is behind what the host still has', async () => {
  const ring = new Ring(`${'x'.repeat(63)}\n`.repeat(64));
  const leave = new AbortController();
  ring.onWait = () => leave.abort();
  ring.loseAfter = 2;
  const pieces = await ring.verbs.pieces(
    ['logs', 'worker', '--follow', '--lines', '64'],
    leave.signal,
  );
  const texts = pieces.flatMap((piece) =>
    'text' in piece && piece.text[0] === 'x' ? piece.text : [],
  );
  expect(texts.join('')).toBe(ring.bytes.toString());
});

test('output that another host reads anew is marked', async () => {
  const ring = new Ring('before\n');
  const leave = new AbortController();
  const steps = [
    () => {
      ring.stream = 'second';
      ring.bytes = Buffer.from('after\n');
      ring.failure = new LinkLostError();
    },
    () => leave.abort(),
  ];
  ring.onWait = () => steps.shift()?.();
  const pieces = await ring.verbs.pieces(['logs', 'worker', '--follow'], leave.signal);
  const texts = pieces.map((piece) => ('text' in piece ? piece.text : ''));
  expect(texts.join('')).toContain(
    '[triad: the output is read anew from here: what came before may be missing]\nafter\n',
  );
});

test('a right that is taken back ends what is followed, with a sentence and 77', async () => {
  const ring = new Ring('before\n');
  ring.onWait = () => {
    ring.verbs.roles = {};
  };
  const pieces = await ring.verbs.pieces(['logs', 'worker', '-f']);
  expect(pieces.slice(-2)).toEqual([
    { kind: 'note', text: 'triad: error: your access to pair was taken back\n' },
    { kind: 'end', exitCode: 77 },
  ]);
});

test.each([
  ['logs', 'worker', '-f'],
  ['events', '-f'],
])('a host that stops and waits no more is not asked without end: %s', async (...words) => {
  const leave = new AbortController();
  let asked = 0;
  const ask = () => {
    asked += 1;
    if (asked === 1) setImmediate(() => leave.abort());
    if (asked > 1000) throw new Error('asked without end');
  };
  const verbs = new Executed({
    describe: async () => [describedSession([describedPane('worker')])],
    output: async () => {
      ask();
      return { bytes: new Uint8Array(), skipped: 0, next: 0, stream: '1' };
    },
    events: async () => {
      ask();
      return { events: [], last: 0, missed: 0, afterAt: null };
    },
  });
  await verbs.pieces(words, leave.signal);
  expect(asked).toBeLessThan(10);
});

test('nobody follows more than 16 things at once, and each that ends makes room', async () => {
  const ring = new Ring('');
  const leave = new AbortController();
  const many = Array.from({ length: 16 }, () =>
    ring.verbs.pieces(['logs', 'worker', '-f'], leave.signal),
  );
  await eventually('all sixteen pages are asked for', () => ring.asked.length >= 16);
  const refused = await ring.verbs.pieces(['logs', 'worker', '-f']);
  expect(refused).toEqual([
    { kind: 'note', text: expect.stringContaining('you follow 16 things already') as string },
    { kind: 'end', exitCode: 1 },
  ]);
  expect(ring.verbs.followers.refused).toBe(1);
  leave.abort();
  await Promise.all(many);
  expect(await ring.verbs.text(['logs', 'worker'])).toBe('');
});
