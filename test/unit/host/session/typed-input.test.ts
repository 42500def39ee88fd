import { expect, test } from 'vitest';
import { paneId, paneName } from '../../../../src/base/ids.js';
import { TypedInput } from '../../../../src/host/session/typed-input.js';
import { FakeClock } from '../../../helpers/fake-clock.js';

const POLL_MS = 100;
const [ENGINE, WORKER] = ['engine', 'worker'].map(paneName);

function open() {
  const clock = new FakeClock();
  const tmux = { focus: '%1', isShared: false, isThere: true };
  const seen: string[] = [];
  const typed = new TypedInput({
    clock,
    panes: () => [
      { name: ENGINE ?? paneName('x'), id: paneId('%1') },
      { name: WORKER ?? paneName('x'), id: paneId('%2') },
    ],
    taps: {
      type: (panes, bytes, round) =>
        seen.push(`${Buffer.from(bytes).toString()} ${round}: ${panes.join(' ')}`),
      forgetTyped: (panes, round) => seen.push(`not ${round}: ${panes.join(' ')}`),
    },
    ask: (pane) => {
      if (!tmux.isThere) return Promise.reject(new Error('gone'));
      return Promise.resolve({ id: pane ?? paneId(tmux.focus), isShared: tmux.isShared });
    },
  });
  const type = typed.openDriver(() => undefined);
  const drive = (text: string) => type(Buffer.from(text));
  const polls = () => clock.passWith(2 * POLL_MS);
  return { typed, tmux, seen, drive, polls, clock };
}

test('keys count for every pane until tmux has said twice where they go', async () => {
  const { typed, seen, drive, polls } = open();
  await typed.poll();
  drive('a');
  drive('b');
  expect(seen).toEqual(['a 1: engine worker', 'b 1: engine worker']);
  await polls();
  expect(seen.slice(2)).toEqual(['not 1: worker']);
});

test('both panes may have what was typed while the keys went from one to the other', async () => {
  const { typed, tmux, seen, drive, polls } = open();
  await typed.poll();
  drive('\x02o');
  tmux.focus = '%2';
  typed.notified('window-pane-changed', '@1 %2');
  await polls();
  expect(seen.slice(1)).toEqual(['not 1: ']);
  drive('c');
  await polls();
  expect(seen.slice(3)).toEqual(['not 2: engine']);
});

test.each([
  [
    'the window changed',
    ({ typed }: ReturnType<typeof open>) => typed.notified('session-window-changed', '$1 @2'),
  ],
  ['panes are typed into together', ({ tmux }: ReturnType<typeof open>) => (tmux.isShared = true)],
  ['tmux does not say', ({ tmux }: ReturnType<typeof open>) => (tmux.isThere = false)],
])('no pane is cleared where %s', async (_what, happen) => {
  const story = open();
  await story.typed.poll();
  story.drive('a');
  happen(story);
  await story.polls();
  expect(story.seen).toEqual(['a 1: engine worker']);
});

test('what is sent counts for its pane, and for all where they are typed into together', async () => {
  const { typed, tmux, seen } = open();
  await typed.paste(paneId('%2'), { text: 'secret', enter: true });
  tmux.isShared = true;
  await typed.press(paneId('%2'), ['y', 'Enter']);
  expect(seen).toEqual(['secret\r 0: worker', 'x\r 0: engine worker']);
});

test("a terminal's own reports are not typed, and the beginning of one may be", () => {
  const { seen, drive } = open();
  drive('\x1b[I');
  expect(seen).toEqual([]);
  drive('\x1bP');
  expect(seen).toHaveLength(1);
});

test('one look at a time, and none is left when it is closed', async () => {
  const { typed, drive, clock } = open();
  const first = typed.poll();
  drive('a');
  await first;
  typed.close();
  drive('b');
  typed.notified('window-pane-changed', '@1 %2');
  expect(clock.pending).toBe(0);
});
