import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { eventually } from '../helpers/eventually.js';
import { SshClient, sshArguments } from '../helpers/ssh-client.js';
import { Terminal } from '../helpers/terminal.js';
import { TmuxProbe } from '../helpers/tmux-probe.js';
import { TriadHome } from '../helpers/triad-home.js';

const TRIAD = `sessions:
  - name: pair
    panes:
      - {name: worker, command: [cat]}
`;
/** What tmux asks a terminal when it attaches, answered as XTerm does. */
const ANSWERS = '\x1b[?64;1;2;6;9;15;18;21;22c\x1b[>41;388;0c\x1bP>|XTerm(388)\x1b\\';

let home: TriadHome;
let probe: TmuxProbe;
let port = 0;

beforeAll(async () => {
  home = await TriadHome.make({
    triad: TRIAD,
    people: { dora: 'driver', dirk: 'driver', olga: 'observer' },
  });
  ({ port } = await home.up());
  probe = await TmuxProbe.of(home);
  // These people type faster than anybody can: tmux would take their keys for a paste.
  await probe.ask('set-option', '-g', 'assume-paste-time', '0');
});

afterAll(async () => {
  await home[Symbol.asyncDispose]();
});

type Options = ConstructorParameters<typeof Terminal>[0];

async function drive(
  options: Omit<Options, 'argv'> = {},
  person: 'dora' | 'dirk' = 'dora',
): Promise<Terminal> {
  const terminal = Terminal.ssh({ port, keyPath: home.keyOf(person) }, options);
  await terminal.sees('pair');
  return terminal;
}

async function watch(options: Omit<Options, 'argv'> = {}): Promise<Terminal> {
  const terminal = Terminal.ssh({ port, keyPath: home.keyOf('olga') }, options);
  await terminal.sees('pair');
  return terminal;
}

async function windowBecomes(size: string): Promise<void> {
  let seen = '';
  await eventually(
    `the window became ${size}`,
    async () => {
      seen = await probe.windowSize();
      return seen === size;
    },
    () => seen,
  );
}

async function answers(format: string, expected: string): Promise<void> {
  let seen = '';
  await eventually(
    `${format} became ${expected}`,
    async () => {
      seen = await probe.say(format);
      return seen === expected;
    },
    () => seen,
  );
}

test("a driver uses tmux's own keys: split, zoom, window, copy mode", async () => {
  await using driver = await drive();
  driver.type('\x02%');
  await answers('#{window_panes}', '2');
  driver.type('\x02z');
  await answers('#{window_zoomed_flag}', '1');
  driver.type('\x02z');
  await answers('#{window_zoomed_flag}', '0');
  driver.type('\x02c');
  await answers('#{session_windows}', '2');
  driver.type('\x02[');
  await answers('#{pane_mode}', 'copy-mode');
  driver.type('q');
  await answers('#{pane_mode}', '');
  await driver.command('kill-window');
  await answers('#{session_windows}', '1');
  await driver.command('kill-pane');
  await answers('#{window_panes}', '1');
});

test('a window that a driver opens has the size of the others', async () => {
  await using driver = await drive({ size: { cols: 91, rows: 28 } });
  driver.type('x');
  await windowBecomes('91x27');
  driver.type('\x02c');
  await answers('#{session_windows}', '2');
  await windowBecomes('91x27');
  await driver.command('kill-window');
  await answers('#{session_windows}', '1');
});

test('UTF-8 and wide characters pass both ways', async () => {
  await using driver = await drive();
  await using observer = await watch();
  driver.type('Grüße 漢字 🙂 e\u0301\r');
  for (const terminal of [driver, observer]) {
    await terminal.sees(/Grüße 漢字 🙂 e\u0301[\s\S]*Grüße 漢字/);
  }
});

test('24-bit colour reaches drivers and observers as it was written', async () => {
  await using driver = await drive();
  await using observer = await watch();
  await probe.ask(
    'split-window',
    '-d',
    '-t',
    `${probe.target}.0`,
    "printf '\\033[38;2;12;34;56mcoloured\\033[0m'; exec cat",
  );
  for (const terminal of [driver, observer]) {
    await terminal.sees('coloured');
    expect(terminal.output).toMatch(/\x1b\[(?:[\d;:]*;)?38[;:]2[;:]+12[;:]34[;:]56m/);
  }
  await probe.ask('kill-pane', '-t', `${probe.target}.1`);
});

test('programs are told of 24-bit colour, in panes of triad.yaml and in those that people open', async () => {
  await using driver = await drive();
  const pid = (await home.status()).sessions[0]?.panes[0]?.pid;
  expect(readFileSync(`/proc/${pid}/environ`, 'latin1').split('\0')).toContain(
    'COLORTERM=truecolor',
  );
  await driver.command("split-window 'echo told: $COLORTERM; exec cat'");
  await driver.sees('told: truecolor');
  await driver.command('kill-pane');
});

test('Shift+Enter reaches a program that asks for such keys', async () => {
  await using driver = await drive();
  const asks = "stty raw -echo; printf '\\033[>4;2masks'; exec cat -v";
  await probe.ask('split-window', '-t', `${probe.target}.0`, asks);
  await driver.sees('asks');
  driver.type('\x1b[27;2;13~');
  // tmux before 3.5 knows the form of CSI u alone (tmux(1), extended-keys-format).
  await driver.sees(/asks\^\[\[(13;2u|27;2;13~)/);
  await probe.ask('kill-pane', '-t', `${probe.target}.1`);
});

test("mouse reports are on in a driver's terminal, bracketed paste where a program wants it", async () => {
  await using driver = await drive();
  const isMouseOn = () => driver.modes.includes(1006) && driver.modes.includes(1002);
  await eventually('mouse reports are on', isMouseOn, () => driver.modes.join());
  await probe.ask('split-window', '-t', `${probe.target}.0`, "printf '\\033[?2004h'; exec cat");
  await eventually(
    'bracketed paste is on',
    () => driver.modes.includes(2004),
    () => driver.modes.join(),
  );
  await probe.ask('kill-pane', '-t', `${probe.target}.1`);
  await eventually(
    'bracketed paste is off',
    () => !driver.modes.includes(2004),
    () => driver.modes.join(),
  );
});

test('a click of the mouse chooses a pane', async () => {
  await using driver = await drive();
  await probe.ask('split-window', '-h', '-t', `${probe.target}.0`, 'cat');
  await answers('#{pane_index}', '1');
  driver.type('\x1b[<0;3;3M\x1b[<0;3;3m');
  await answers('#{pane_index}', '0');
  await probe.ask('kill-pane', '-t', `${probe.target}.1`);
});

test('a paste with the keys of a command in it reaches the pane as text', async () => {
  await using driver = await drive();
  // tmux 3.3 knows a paste by its speed alone.
  await probe.ask('set-option', '-g', 'assume-paste-time', '1000');
  driver.type('\x1b[200~pasted C-b \x02c line\x1b[201~\r');
  await driver.sees('pasted C-b');
  await answers('#{session_windows}', '1');
  await probe.ask('set-option', '-g', 'assume-paste-time', '0');
});

test("the window has the size of the driver's terminal, and follows it", async () => {
  await using driver = await drive({ size: { cols: 90, rows: 25 } });
  driver.type('a');
  await windowBecomes('90x24');
  driver.resize({ cols: 133, rows: 41 });
  await windowBecomes('133x40');
});

test('of two drivers who type by turns nobody resizes the window; one who types while the other pauses does', async () => {
  await using dora = await drive({ size: { cols: 100, rows: 30 } });
  dora.type('a');
  await windowBecomes('100x29');
  await using dirk = await drive({ size: { cols: 120, rows: 35 } }, 'dirk');
  await dirk.sees('driving');
  dirk.type('by turns');
  await dora.sees('by turns');
  expect(await probe.windowSize()).toBe('100x29');
  await eventually('dirk sizes the window', async () => {
    // Erases the line: what is left of it would wrap those of the next tests.
    dirk.type('\x15');
    return (await probe.windowSize()) === '120x34';
  });
  dirk.resize({ cols: 121, rows: 36 });
  await windowBecomes('121x35');
});

test('when a driver leaves, the window gets the size of the one who stays', async () => {
  await using dora = await drive({ size: { cols: 100, rows: 30 } });
  await using dirk = await drive({ size: { cols: 120, rows: 35 } }, 'dirk');
  dirk.type('b');
  await windowBecomes('120x34');
  dirk.type('\x02d');
  expect(await dirk.status()).toBe(0);
  await windowBecomes('100x29');
  expect(dora.isAlternate).toBe(true);
});

test('neither coming nor what a terminal answers by itself makes a driver the one who sizes the window', async () => {
  await using earlier = await drive({ size: { cols: 111, rows: 31 } });
  await using dora = await drive({ size: { cols: 100, rows: 30 } });
  dora.type('a');
  await windowBecomes('100x29');
  await using dirk = await drive({ size: { cols: 120, rows: 35 } }, 'dirk');
  dirk.type(`${ANSWERS}\x1b[I\x1b[<35;10;10M`);
  const isAnswered = async () =>
    (await probe.ask('list-clients', '-F', '#{client_termtype}')).includes('XTerm(388)');
  await eventually("tmux has the terminal's answers", isAnswered);
  dora.type('\x02d');
  expect(await dora.status()).toBe(0);
  // Of those who stay, the one who came first is next; had dirk's terminal counted, it were he.
  await windowBecomes('111x30');
  expect(earlier.isAlternate).toBe(true);
});

test('observers never change the size of the window, not even alone in a tiny terminal', async () => {
  {
    await using dora = await drive({ size: { cols: 110, rows: 33 } });
    dora.type('a');
    await windowBecomes('110x32');
    dora.type('\x02d');
    await dora.status();
  }
  await using observer = await watch({ size: { cols: 20, rows: 5 } });
  observer.resize({ cols: 21, rows: 6 });
  await eventually('the observer has a new size', async () =>
    (await home.who()).some(({ cols }) => cols === 21),
  );
  expect(await probe.windowSize()).toBe('110x32');
  const [mirror, ...others] = await probe.clients();
  expect(mirror).toMatchObject({ cols: 110, rows: 32, isReadOnly: true });
  expect(others).toEqual([]);
});

test('a client without a terminal of its own gets 80x24', async () => {
  await using driver = await drive({ size: { cols: 100, rows: 30 } });
  driver.type('a');
  await windowBecomes('100x29');
  await using client = new SshClient(sshArguments({ port, keyPath: home.keyOf('dirk') }, ['-tt']));
  await client.sees('driving');
  const sizes = (await probe.clients()).map(({ cols, rows }) => `${cols}x${rows}`);
  expect(sizes.sort()).toEqual(['100x30', '80x24']);
});

test.each([
  ['an unknown name', 'no-such-terminal'],
  ['a path', '../../etc/passwd'],
  ['a path below the database', 'x/../../../../etc/passwd'],
  ['escape sequences', '\x1b]0;owned\x07'],
  ['10 KB', 'x'.repeat(10_240)],
  ['nothing', ''],
  ['dumb', 'dumb'],
  ['vt100', 'vt100'],
  ['a name with a newline', 'xterm\nTERM=dumb'],
  ['an option', '-V'],
])('a terminal type that is %s gives a usable screen', async (_, term) => {
  await using driver = await drive({ term });
  await driver.sees('driving');
  driver.type('typed\r');
  await driver.sees(/typed[\s\S]*typed/);
  expect((await home.run(['who'])).stdout).not.toMatch(/\x1b|\x07/);
});
