import { expect, test } from 'vitest';
import { UnavailableError } from '../../../../src/base/errors.js';
import { engineerName, sessionName } from '../../../../src/base/ids.js';
import type { Presence } from '../../../../src/base/presence.js';
import { PresenceReporter } from '../../../../src/gateway/attachments/presence-reporter.js';
import { LinkLostError } from '../../../../src/link/link-lost.js';
import { openLogger } from '../../../../src/log/logger.js';
import { eventually } from '../../../helpers/eventually.js';
import { describedSession, fakeHost } from '../../../helpers/fake-host.js';

const PAIR = sessionName('pair');
const log = openLogger({ level: 'error', destination: { write: () => undefined } });

/** A host that notes who is in its session; `fail` makes it refuse once. */
class Board {
  readonly shown: string[] = [];
  isHeld = false;
  fail: Error | undefined;
  release: () => void = () => undefined;
  readonly reporter = PresenceReporter.open(
    fakeHost({
      describe: async () => [describedSession([])],
      present: (presence) => this.#present(presence),
    }),
    log,
  );

  show(...drivers: string[]): void {
    this.reporter.show(PAIR, { drivers: drivers.map(engineerName), observers: 2 });
  }

  /** Waits until the host was told so often. */
  async hasShown(count: number): Promise<void> {
    const evidence = () => this.shown.join('; ');
    await eventually(`${count} states are shown`, () => this.shown.length === count, evidence);
  }

  [Symbol.dispose](): void {
    this.reporter.close();
  }

  async #present({ drivers, observers }: Presence): Promise<void> {
    const error = this.fail;
    this.fail = undefined;
    if (error !== undefined) throw error;
    this.shown.push(`${drivers.join()} +${observers}`);
    if (this.isHeld) await new Promise<void>((resolve) => (this.release = resolve));
  }
}

test('a new gateway says that nobody is there, and then who is', async () => {
  using board = new Board();
  await board.hasShown(1);
  board.show('dora', 'dirk');
  await board.hasShown(2);
  expect(board.shown).toEqual([' +0', 'dora,dirk +2']);
});

test('while the host is slow, only the newest is kept for it', async () => {
  using board = new Board();
  board.isHeld = true;
  await board.hasShown(1);
  for (let count = 0; count < 1000; count += 1) board.show(`e${count}`);
  board.isHeld = false;
  board.release();
  await board.hasShown(2);
  expect(board.shown[1]).toBe('e999 +2');
});

test.each([new LinkLostError(), new UnavailableError('the session is not running')])(
  'a host that could not be told is told again: %s',
  async (error) => {
    using board = new Board();
    await board.hasShown(1);
    board.fail = error;
    board.show('dora');
    await board.hasShown(2);
    expect(board.shown[1]).toBe('dora +2');
  },
);

test('names of more than 64 drivers are left out', async () => {
  using board = new Board();
  board.show(...Array.from({ length: 65 }, (_, index) => `e${index}`));
  await eventually('the names are shown', () => board.shown.some((each) => each.includes('e63')));
  expect(board.shown.at(-1)).not.toContain('e64');
});
