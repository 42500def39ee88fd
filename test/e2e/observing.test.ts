import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventually } from '../helpers/eventually.js';
import { Terminal, type TerminalOptions } from '../helpers/terminal.js';
import { TmuxProbe } from '../helpers/tmux-probe.js';
import { FORMS, type Serving, startAs } from '../helpers/triad-form.js';
import { TriadHome } from '../helpers/triad-home.js';

const TRIAD = `sessions:
  - name: pair
    panes:
      - {name: worker, command: [sh]}
      - {name: engine, command: [cat]}
`;
/** Many colours, so that a frame is large; ends at the next line typed. */
const FLOOD =
  'awk \'BEGIN { for (;;) { s = "line " ++n; for (i = 0; i < 20; i++) s = s sprintf("\\033[38;2;%d;%d;7m#%02d", i, n % 256, i); print s } }\' & read end; kill $!; printf "\\033[0m"; clear; echo flood over';

type Person = 'dora' | 'dirk' | 'olga';

describe.each(FORMS)('in %s', (form) => {
  let home: TriadHome;
  let serving: Serving;
  let probe: TmuxProbe;

  beforeAll(async () => {
    const people = { dora: 'driver', dirk: 'driver', olga: 'observer' } as const;
    home = await TriadHome.make({ triad: TRIAD, people });
    serving = await startAs(form, home);
    probe = await TmuxProbe.of(home);
  });

  afterAll(async () => {
    await home[Symbol.asyncDispose]();
  });

  function attach(
    person: Person,
    options: Omit<TerminalOptions, 'argv'> & { command?: string[] } = {},
  ): Terminal {
    return Terminal.ssh({ port: serving.gateway.port, keyPath: home.keyOf(person) }, options);
  }

  async function drive(person: 'dora' | 'dirk' = 'dora'): Promise<Terminal> {
    const driver = attach(person);
    await driver.sees('C-b d leaves');
    driver.type('PS1="$ "; clear\r');
    await driver.sees(/^\$ *$/m);
    return driver;
  }

  async function watch(options: Omit<TerminalOptions, 'argv'> = {}): Promise<Terminal> {
    const observer = attach('olga', options);
    await observer.sees('watching');
    return observer;
  }

  test('an observer sees what is typed, by whom, and how to leave; the mirror is there as long as they are', async () => {
    expect(await probe.sessions()).toEqual(['pair']);
    await using driver = await drive();
    await using observer = await watch();
    driver.type('echo he"llo the"re\r');
    await observer.sees('hello there');
    await observer.sees(/pair .*watching .*dora drives .*q leaves/);
    expect(await probe.sessions()).toEqual([expect.stringMatching(/^mirror-/), 'pair']);
    observer.type('q');
    expect(await observer.status()).toBe(0);
    expect(observer.isRestored, observer.modes.join()).toBe(true);
    await eventually('the mirror is gone', async () => (await probe.sessions()).length === 1);
  });

  test('an observer reads, searches and copies what scrolled off, and nobody else sees any of it', async () => {
    await using driver = await drive();
    await using observer = await watch();
    await using other = await watch();
    driver.type('seq 1000 2999; echo needle in the haystack; seq 3000 3999\r');
    await observer.sees('3999');
    observer.type('\x1b[5~');
    await observer.sees(/history \d+\/[1-9]/);
    observer.type('?needle in\r');
    await observer.sees(/needle in the haystack/);
    observer.type('vy');
    const copied = /\x1b\]52;c;([A-Za-z0-9+/=]+)/;
    await eventually('the line was copied', () => copied.test(observer.output));
    const text = Buffer.from(copied.exec(observer.output)?.[1] ?? '', 'base64').toString();
    expect(text).toContain('needle in the haystack');
    driver.type('echo meanwhi"l"e\r');
    await other.sees('meanwhile');
    await driver.sees('meanwhile');
    expect(await probe.say('#{pane_in_mode}')).toBe('0');
    expect(observer.text).toContain('needle in the haystack');
    expect(other.output).not.toContain('52;c;');
    observer.type('\x1b');
    await observer.sees('meanwhile');
    expect(driver.text + other.text).not.toContain('needle in the haystack\n');
  });

  test('a driver watches one pane alone and types nothing', async () => {
    await using driver = await drive();
    driver.type('echo in the wor"k"er\r');
    await driver.sees('in the worker');
    await using watcher = attach('dirk', { command: ['watch', 'worker'] });
    await watcher.sees(/in the worker/);
    await watcher.sees('watching');
    expect(watcher.text).not.toContain('engine');
    watcher.type('echo typed by a wat"c"her\r');
    driver.type('echo typed by the dri"v"er\r');
    await watcher.sees('typed by the driver');
    expect(driver.text).not.toContain('typed by a watcher');
    expect(await home.who()).toContainEqual(
      expect.objectContaining({ engineer: 'dirk', role: 'driver', mode: 'watching' }),
    );
    watcher.type('\x03');
    expect(await watcher.status()).toBe(0);
  });

  test.each([
    { cols: 20, rows: 5 },
    { cols: 500, rows: 200 },
  ])(
    'an observer in a terminal of $cols x $rows sees the cursor and the line at the bottom',
    async (size) => {
      await using driver = await drive();
      await using observer = await watch({ size });
      driver.type('echo ti"n"y\r');
      await observer.sees(/tiny\s/);
      observer.resize({ cols: 60, rows: 20 });
      await observer.sees(/pair .*watching/);
      observer.resize({ cols: 12, rows: 3 });
      await observer.sees('too small');
      observer.resize(size);
      await observer.sees(/tiny\s/);
    },
  );

  test('an observer follows the drivers into a zoom, to another window and back', async () => {
    await using driver = await drive();
    await using observer = await watch();
    await observer.sees('engine');
    driver.type('\x02z');
    await eventually('only the worker is seen', () => !observer.text.includes('engine'));
    driver.type('\x02z');
    await observer.sees('engine');
    driver.type('\x02c');
    await driver.sees(/1:/);
    driver.type('echo in the second wind"o"w\r');
    await observer.sees('in the second window');
    driver.type('\x020');
    await observer.sees('engine');
    driver.type('\x021');
    await observer.sees('in the second window');
    await driver.command('kill-window');
    await observer.sees('engine');
  });

  test('an observer gets the colours and underlines that their terminal has', async () => {
    await using driver = await drive();
    await using plain = await watch({ term: 'vt100' });
    await using full = await watch();
    driver.type(
      "printf '\\033[38;2;255;0;0mred\\033[0m \\033[4:3;58:2::1:2:3mcurly\\033[0m col'; echo oured\r",
    );
    await plain.sees('red curly coloured');
    await full.sees('red curly coloured');
    expect(full.output).toContain('38;2;255;0;0');
    expect(full.output).toContain('\x1b[0;4m\x1b[4:3m\x1b[58:2::1:2:3mcurly');
    for (const [, words = ''] of plain.output.matchAll(/\x1b\[([\d;:]*)m/g)) {
      expect(words).toMatch(/^0(;[1457])*$/);
    }
  });

  test('an observer sees the shape of the cursor, and has their own again at the end', async () => {
    await using driver = await drive();
    await using observer = await watch();
    driver.type("printf '\\033[5 q'\r");
    await eventually('it is a bar', () => observer.output.includes('\x1b[5 q'));
    observer.type('q');
    await observer.process.exited;
    expect(observer.output.match(/\x1b\[\d q/g)?.at(-1)).toBe('\x1b[0 q');
  });

  test('an observer hears the bell of the session', async () => {
    await using driver = await drive();
    await using observer = await watch();
    const heard = observer.output.length;
    driver.type("printf 'ring\\a'; echo ' done'\r");
    await observer.sees('ring done');
    const isRung = () => observer.output.slice(heard).includes('\x07');
    await eventually('the bell is rung', isRung);
  });

  test('observers who stop while the session floods skip to the right screen, and nobody is dropped', async () => {
    await using driver = await drive();
    await using observer = await watch();
    await using stopped = await watch();
    stopped.process.kill('SIGSTOP');
    driver.type(`${FLOOD}\r`);
    await observer.sees(/line \d{4}/);
    const skips = async () => (await home.who()).map((each) => each.skippedFrames);
    await eventually('frames were skipped', async () => Math.max(...(await skips())) > 20);
    driver.type('\r');
    await observer.sees('flood over');
    stopped.process.kill('SIGCONT');
    await stopped.sees('flood over');
    const panes = (terminal: Terminal) =>
      terminal.rows
        .slice(0, -1)
        .map((row) => row.trimEnd())
        .join('\n');
    await eventually(
      'both observers see the same',
      () => panes(stopped) === panes(observer),
      () => `${panes(stopped)}\n---\n${panes(observer)}`,
    );
  });
});
