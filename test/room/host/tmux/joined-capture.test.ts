import { expect, test, vi } from 'vitest';
import type { CaptureRequest } from '../../../../src/base/pane.js';
import { OwnSlices } from '../../../../src/base/slices.js';
import { capturePane } from '../../../../src/host/tmux/pane-text.js';
import { PrivateTmux } from '../../../helpers/private-tmux.js';

const slices = new OwnSlices();

async function capture(tmux: PrivateTmux, request: Partial<CaptureRequest>): Promise<string> {
  const pane = { sessionId: tmux.sessionId, id: tmux.pane };
  const wanted = { lines: 'all', ansi: false, join: true, ...request } as const;
  return (await capturePane(tmux.server, pane, { ...wanted, slices })).join('');
}

/** A pane of 80x24 in which awk prints lines. */
async function printing(awk: string): Promise<PrivateTmux> {
  const script = `LC_ALL=C.UTF-8 awk 'function times(text, n, all) { while (n-- > 0) all = all text; return all } BEGIN {${awk}; print "ready"}'; exec cat`;
  const tmux = await PrivateTmux.start({ command: ['sh', '-c', script] });
  await tmux.shows('ready');
  return tmux;
}

/** What tmux itself makes of all rows, without blank lines at the end. */
async function joinedByTmux(tmux: PrivateTmux): Promise<string> {
  const joined = await tmux.ask('capture-pane', '-p', '-J', '-t', tmux.pane, '-S', '-');
  return `${joined.trimEnd()}\n`;
}

test('a joined capture is what tmux joins, blanks and wide characters at the edge included', async () => {
  const lines = [
    '"short"',
    'times("x", 200)',
    '""',
    '(times("y", 78) "  z")',
    // The second row is blank.
    '(times("a", 80) times(" ", 20))',
    '"next"',
    // As wide as the pane.
    'times("#", 80)',
    '""',
    '("w" times("漢", 50))',
    '"blanks at the end   "',
    // More rows than the screen has.
    'times("0123456789", 300)',
  ];
  await using tmux = await printing(`print ${lines.join('; print ')}`);
  const joined = await capture(tmux, {});
  expect(joined).toBe(await joinedByTmux(tmux));
  expect(joined).toContain(`${'y'.repeat(78)}  z\n`);
  expect(joined).toContain(`\n${'0123456789'.repeat(300)}\nready\n`);
});

test.each([false, true])('a line over the edge of a page stays one (ansi: %s)', async (ansi) => {
  // Each line has 1 to 7 rows, so that page edges are anywhere in them.
  const awk =
    'for (i = 1; i <= 400; i++) printf "\\033[31m%d %s\\033[0m\\n", i, times("-", 80 * (i % 7))';
  await using tmux = await printing(awk);
  const run = vi.spyOn(tmux.server, 'run');
  const lines = Array.from(
    { length: 400 },
    (_, at) => `${at + 1} ${'-'.repeat(80 * ((at + 1) % 7))}`,
  );
  const joined = await capture(tmux, { ansi });
  expect(run.mock.calls.length).toBeGreaterThan(2);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: SGR begins with ESC
  expect(joined.replaceAll(/\x1b\[[\d;]*m/g, '')).toBe(`${lines.join('\n')}\nready\n`);
  // A piece of it may begin within a line.
  if (ansi) expect(joined).toContain(`\x1b[31m${lines[5]}\x1b[0m\n`);
});

test('the last lines are whole, however many rows they have', async () => {
  const awk = 'for (i = 1; i <= 9; i++) print i times("=", 4000)';
  await using tmux = await printing(awk);
  const line = (number: number) => `${number}${'='.repeat(4000)}\n`;
  expect(await capture(tmux, { lines: 2 })).toBe(`${line(9)}ready\n`);
  expect(await capture(tmux, { lines: 3 })).toBe(`${line(8)}${line(9)}ready\n`);
  expect(await capture(tmux, { lines: 100 })).toBe(
    `${[1, 2, 3, 4, 5, 6, 7, 8, 9].map(line).join('')}ready\n`,
  );
  // What the pane shows, as tmux has it: the rest of a line.
  expect(await capture(tmux, { lines: 'screen' })).toMatch(/^=+\nready\n$/);
});
