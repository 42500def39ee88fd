import { describe, expect, test } from 'vitest';
import { paneId, sessionName } from '../../../../src/base/ids.js';
import { LoopShare } from '../../../../src/base/loop-share.js';
import { Mirrors } from '../../../../src/gateway/mirror/mirrors.js';
import { TerminalAbilities } from '../../../../src/gateway/mirror/terminal-abilities.js';
import { copyToClipboard } from '../../../../src/gateway/viewer/clipboard.js';
import { LiveWatcher } from '../../../../src/gateway/viewer/live-watcher.js';
import { PanePolls } from '../../../../src/gateway/viewer/pane-polls.js';
import { openLogger } from '../../../../src/log/logger.js';
import { eventually } from '../../../helpers/eventually.js';
import { FakeSource, layoutOf } from '../../../helpers/fake-mirror.js';
import { FakeTerminal } from '../../../helpers/fake-observer.js';
import { SimulatedPane } from '../../../helpers/simulated-pane.js';

const PAIR = sessionName('pair');
const SIZE = { cols: 80, rows: 24 };

/** One observer of a session with one pane and its history. */
class Watched implements AsyncDisposable {
  readonly terminal = new FakeTerminal(SIZE);
  readonly watcher: LiveWatcher;
  readonly pane = new SimulatedPane({ rows: 23, cols: 80, limit: 2000 });
  readonly #source = new FakeSource(SIZE);
  readonly #mirrors: Mirrors;

  constructor(now = () => 0) {
    const log = openLogger({ level: 'error', destination: { write: () => undefined } });
    const share = new LoopShare(now);
    this.#mirrors = new Mirrors({ log, share, sourceOf: () => this.#source });
    this.watcher = new LiveWatcher({
      request: {
        engineer: 'olga',
        session: PAIR,
        terminal: this.terminal,
        size: SIZE,
        abilities: new TerminalAbilities({ term: 'xterm', hasTrueColour: false }),
        pane: undefined,
        calledAs: (text) => text,
      },
      columns: () => undefined,
      lines: {
        history: async (_pane, request) => this.pane.page(request),
        search: async (_pane, request) => this.pane.search(request),
      },
      share,
      polls: new PanePolls(() => {
        throw new Error('nobody looks at another pane here');
      }),
      log,
    });
  }

  async open(): Promise<void> {
    await this.watcher.open(this.#mirrors);
    const region = { ...SIZE, col: 0, row: 0 };
    const pane = { id: paneId('%0'), name: null, isActive: true, region };
    this.#source.layout({ ...layoutOf(SIZE), panes: [pane] });
    this.#source.output('hello');
    this.watcher.start();
    await this.shows('hello');
  }

  type(text: string): boolean {
    return this.watcher.receive(Buffer.from(text));
  }

  async shows(text: string): Promise<void> {
    const seen = () => this.terminal.screen.text;
    await eventually(`the terminal shows ${text}`, () => seen().includes(text), seen);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.watcher.close();
    this.terminal[Symbol.dispose]();
  }
}

describe('an observer', () => {
  test('who does not read gets no copy beyond 128 KiB, and is told so', async () => {
    await using watched = new Watched();
    const line = 'x'.repeat(60);
    watched.pane.print(100, line);
    await watched.open();
    watched.type('[');
    await watched.shows('history 0/100');
    watched.terminal.isSlow = true;
    const copy = copyToClipboard([line]).bytes.length;
    watched.terminal.write(Buffer.alloc(128 * 1024 - copy, ' '));
    watched.type('vy');
    expect(watched.terminal.unconsumedBytes()).toBe(128 * 1024);
    watched.type('vy');
    expect(watched.terminal.unconsumedBytes()).toBe(128 * 1024);
    watched.terminal.isSlow = false;
    await watched.terminal.consume();
    await watched.shows('not copied');
  });

  test('who types more than a turn takes is held back, and leaves by the q at its end', async () => {
    let nowMs = 0;
    await using watched = new Watched(() => (nowMs += 0.1));
    await watched.open();
    let drained = 0;
    watched.watcher.onDrain(() => (drained += 1));
    expect(watched.type('l'.repeat(200))).toBe(false);
    expect(drained).toBe(0);
    await eventually('the keys are done', () => drained === 1);
    expect(watched.type(`${'l'.repeat(200)}q`)).toBe(false);
    expect(await watched.watcher.ended).toEqual({ reason: 'left' });
  });
});
