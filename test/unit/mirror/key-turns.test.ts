import { expect, test } from 'vitest';
import { KeyDecoder } from '../../../src/mirror/key-decoder.js';
import { KeyTurns, type Typist } from '../../../src/mirror/key-turns.js';

/** A clock that goes on as keys are followed. */
class Loop {
  nowMs = 0;
  readonly turns = new KeyTurns(() => this.nowMs);

  /** Somebody whose keys take some time each. */
  typist(text: string, costMs: number): Typist & { followed: string; failures: unknown[] } {
    let rest = Buffer.from(text);
    const typist = {
      ...{ followed: '', failures: Array<unknown>() },
      follow: (mayGoOn: () => boolean): boolean => {
        rest = rest.subarray(decoder.receive(rest, mayGoOn));
        return rest.length === 0;
      },
      fail: (error: unknown): void => void typist.failures.push(error),
    };
    const decoder = new KeyDecoder({
      onKey: (key) => {
        this.nowMs += costMs;
        if (key === '!') throw new Error('a bug');
        typist.followed += key;
      },
      onSyncAnswer: () => undefined,
    });
    return typist;
  }

  turn(): Promise<void> {
    return new Promise((resolve) => {
      setImmediate(resolve);
    });
  }
}

test('keys of all together take a millisecond of a turn, and the rest their turns later', async () => {
  const loop = new Loop();
  const first = loop.typist('a'.repeat(10), 0.25);
  const second = loop.typist('b'.repeat(6), 0.25);
  expect(loop.turns.take(first)).toBe(false);
  expect(loop.turns.take(second)).toBe(false);
  expect([first.followed, second.followed]).toEqual(['aaaa', '']);
  await loop.turn();
  expect([first.followed, second.followed]).toEqual(['aaaaaaaa', '']);
  await loop.turn();
  expect([first.followed, second.followed]).toEqual(['aaaaaaaa', 'bbbb']);
  await loop.turn();
  expect([first.followed, second.followed]).toEqual(['aaaaaaaaaa', 'bbbbbb']);
});

test('a key that costs little is followed at once, and one at a time however dear', async () => {
  const loop = new Loop();
  const light = loop.typist('q', 0.01);
  expect(loop.turns.take(light)).toBe(true);
  await loop.turn();
  const dear = loop.typist('xyz', 50);
  expect(loop.turns.take(dear)).toBe(false);
  expect(dear.followed).toBe('x');
  await loop.turn();
  expect(dear.followed).toBe('xy');
});

test('who has gone waits no more, and a bug fails only who meets it', async () => {
  const loop = new Loop();
  const [gone, broken, other] = [
    loop.typist('abc', 5),
    loop.typist('!', 0),
    loop.typist('o', 0),
  ] as const;
  loop.turns.take(gone);
  loop.turns.take(broken);
  loop.turns.take(other);
  loop.turns.remove(gone);
  await loop.turn();
  expect([gone.followed, other.followed]).toEqual(['a', 'o']);
  expect([broken.failures.length, other.failures.length]).toEqual([1, 0]);
});

test('a sequence that is cut by a turn is one key', () => {
  const keys: string[] = [];
  const decoder = new KeyDecoder({
    onKey: (key) => keys.push(key),
    onSyncAnswer: () => undefined,
  });
  let bytes = Buffer.from('\x1b[A\x1b[5~\x1b');
  while (bytes.length > 0) bytes = bytes.subarray(decoder.receive(bytes, () => false));
  expect(keys).toEqual(['Up', 'PPage', 'Escape']);
});
