import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { KeeperConnection } from '../../../../src/host/keeper/keeper-connection.js';
import { PtyProcess } from '../../../../src/host/tmux/pty-process.js';
import { eventually } from '../../../helpers/eventually.js';
import {
  isAlive,
  KeeperPane,
  processState,
  runningPid,
  runToEnd,
  shell,
  stateWhere,
} from '../../../helpers/keeper-pane.js';
import { getKeeperBinary } from '../../../helpers/native-binary.js';
import { TESTED_TMUX } from '../../../helpers/tested-tmux.js';

/** What a full-screen program switches on; `read` keeps it there. */
const TUI = [
  String.raw`stty raw -echo`,
  String.raw`printf '\033[?1049h\033[?1004h\033[?1003h\033[?1006h\033[?2004h\033[?1h\033[?25l\033='`,
  String.raw`printf '\033[4h\033[5;9r\033[31mTUI'`,
  String.raw`exec cat`,
].join('; ');

test('the server survives a killed full-screen program, whoever attaches and detaches then', async () => {
  await using pane = new KeeperPane();
  const keeper = await pane.connect();
  for (let round = 1; round <= 15; round++) {
    const isWatched = round % 2 === 0;
    const client = isWatched ? await attach(pane) : undefined;
    keeper.start(shell(TUI));
    await eventually('the program is on', () => pane.format('#{alternate_on}') === '1');
    process.kill(await runningPid(keeper), 'SIGKILL');
    const ended = await stateWhere(keeper, (state) => state.starts === round && !state.running);
    expect(ended.exit).toMatchObject({ signal: 9 });
    await client?.close();
    await (await attach(pane)).close();
  }
  expect(pane.format('#{pid} #{pane_dead}')).toBe(`${pane.serverPid} 0`);
});

test('a killed program leaves the terminal as a new one would be', async () => {
  await using pane = new KeeperPane();
  const keeper = await pane.connect();
  const modes =
    '#{alternate_on} #{mouse_any_flag} #{mouse_sgr_flag} #{cursor_flag} #{keypad_cursor_flag} ' +
    '#{keypad_flag} #{insert_flag} #{wrap_flag} #{scroll_region_upper} #{scroll_region_lower}';
  const fresh = pane.format(modes);
  keeper.start(shell(TUI));
  await eventually('the program is on', () => pane.format('#{alternate_on}') === '1');
  keeper.signal('SIGKILL');
  await stateWhere(keeper, (state) => state.exit !== null);
  await eventually('the end is told', () => pane.screen().includes('was ended by SIGKILL'));
  expect(pane.format(modes)).toBe(fresh);
  expect(pane.tmux('capture-pane', '-p', '-e')).not.toMatch(/\x1b\[31m.*was ended/);
  await runToEnd(keeper, shell('stty -a | tr ";" "\\n" | grep -E "icanon|echo|isig|ixon"'));
  await eventually('modes are shown', () => /isig icanon iexten echo/.test(pane.screen()));
});

test('each mode that a program may have left on is switched off', async () => {
  await using pane = new KeeperPty();
  const keeper = await pane.connect();
  await runToEnd(keeper, shell('exit 0'));
  await eventually('the end is told', () => pane.shown.includes('status 0]'));
  const off = ['1004', '1000', '1002', '1003', '1005', '1006', '2004', '1', '1049'];
  for (const mode of off) expect(pane.shown).toContain(`\x1b[?${mode}l`);
  for (const text of ['\x1b[?25h', '\x1b>', '\x1b[0m']) expect(pane.shown).toContain(text);
});

test('a command that was stopped from the keyboard or by itself goes on', async () => {
  await using pane = new KeeperPane();
  const keeper = await pane.connect();
  keeper.start(shell('trap "echo on again" CONT; echo ready; while :; do read -r line; done'));
  await eventually('the command reads', () => pane.screen().includes('ready'));
  pane.tmux('send-keys', '-t', pane.paneId, 'C-z');
  await eventually('the command went on', () => pane.screen().includes('on again'));
  process.kill(await runningPid(keeper), 'SIGSTOP');
  await eventually('the command went on twice', () => pane.screen().split('on again').length === 3);
  expect(keeper.state).toMatchObject({ running: true, exit: null });
});

test('a command that another process pushed into the background gets the keyboard back', async () => {
  await using pane = new KeeperPane();
  const keeper = await pane.connect();
  // An interactive shell of a dead job: the foreground group names nobody any more.
  const stealer =
    'import os, signal\nsignal.signal(signal.SIGTTOU, signal.SIG_IGN)\n' +
    'child = os.fork()\nif child == 0:\n os.setpgid(0, 0); os.tcsetpgrp(0, os.getpid()); os._exit(0)\n' +
    'os.waitpid(child, 0)\nprint("ready", flush=True)\nprint("got " + input(), flush=True)\n';
  keeper.start({ cwd: '/', env: {}, argv: ['python3', '-c', stealer] });
  await eventually('the command reads', () => pane.screen().includes('ready'));
  pane.tmux('send-keys', '-t', pane.paneId, 'word', 'Enter');
  await eventually('the command has read its line', () => pane.screen().includes('got word'));
});

test('what is typed while nothing runs is neither shown nor given to the next run', async () => {
  await using pane = new KeeperPty();
  const keeper = await pane.connect();
  for (const run of ['first', 'second']) {
    // Written straight into the terminal, so that it is there before the start.
    expect(pane.type('lost'.repeat(500))).toBe(true);
    expect(pane.type('\x03\x13\x04\x1alost\r')).toBe(true);
    keeper.start(shell('echo ready; read -r line; echo "got $line."'));
    await eventually(
      'the command reads',
      () => pane.shown.includes('ready'),
      () => pane.shown,
    );
    pane.type(`${run}\r`);
    await eventually(
      'the command has read its line',
      () => pane.shown.includes(`got ${run}.`),
      () => pane.shown,
    );
    await eventually('the command has ended', () => pane.shown.includes('status 0]'));
    expect(pane.shown).not.toContain('lost');
    pane.shown = '';
  }
});

test('an idle pane takes all that is typed, however much', async () => {
  await using pane = new KeeperPty();
  await pane.connect();
  let hasDrained = false;
  pane.pty.onDrain(() => {
    hasDrained = true;
  });
  expect(pane.type('x'.repeat(1024 * 1024))).toBe(false);
  await eventually('the terminal has taken the input', () => hasDrained);
  expect(pane.shown).toBe('');
});

test('output that was held by Ctrl-S does not hold the report or the next run', async () => {
  await using pane = new KeeperPane();
  const keeper = await pane.connect();
  keeper.start(shell('echo ready; cat'));
  await eventually('the command reads', () => pane.screen().includes('ready'));
  pane.tmux('send-keys', '-t', pane.paneId, 'C-s');
  keeper.signal('SIGKILL');
  await stateWhere(keeper, (state) => state.exit !== null);
  await eventually('the end is told', () => pane.screen().includes('was ended by SIGKILL'));
  await runToEnd(keeper, shell('echo next'));
  await eventually('the next run is shown', () => pane.screen().includes('next'));
});

test('output that a command itself held does not hold the report', async () => {
  await using pane = new KeeperPty();
  const keeper = await pane.connect();
  const program = 'import termios; print("held", flush=True); termios.tcflow(0, termios.TCOOFF)';
  await runToEnd(keeper, { cwd: '/', env: {}, argv: ['python3', '-c', program] });
  await eventually('the end is told', () => pane.shown.includes('status 0]'));
});

test('a job in the foreground of a killed shell is hung up', async () => {
  await using pane = new KeeperPane();
  const keeper = await pane.connect();
  keeper.start({ cwd: '/', env: { PS1: 'prompt>' }, argv: ['bash', '--norc', '-i'] });
  await eventually('the shell is there', () => pane.screen().includes('prompt>'));
  pane.tmux('send-keys', '-t', pane.paneId, 'sh -c \'echo "job $$."; exec sleep 1000\'', 'Enter');
  const job = await eventually('the job runs', () => /job (\d+)\./.exec(pane.screen())?.[1]);
  expect(isAlive(Number(job))).toBe(true);
  process.kill(await runningPid(keeper), 'SIGKILL');
  await stateWhere(keeper, (state) => !state.running);
  await eventually('the job is gone', () => !isAlive(Number(job)));
  await runToEnd(keeper, shell('echo ready; read -r line < /dev/tty & exit 0'));
});

test('a command that closes its terminal still runs, and its end is reported', async () => {
  await using pane = new KeeperPane();
  const keeper = await pane.connect();
  keeper.start(shell('exec <&- >&- 2>&-; sleep 1000'));
  await stateWhere(keeper, (state) => state.running);
  expect(pane.format('#{pane_dead}')).toBe('0');
  keeper.signal('SIGTERM');
  await stateWhere(keeper, (state) => state.exit?.signal === 15);
});

test('a note appears while nothing runs, without its control characters', async () => {
  await using pane = new KeeperPane();
  const keeper = await pane.connect();
  keeper.note('starts \x1b[2Jagain \u009b5A\tin 2 s ✓');
  await eventually('the note is there', () =>
    pane.screen().includes('starts ?[2Jagain ?5A?in 2 s ✓'),
  );
});

test('a note is not printed into what a command shows', async () => {
  await using pane = new KeeperPane();
  const keeper = await pane.connect();
  keeper.start(shell('read -r line; echo "bye"'));
  await stateWhere(keeper, (state) => state.running);
  keeper.note('never shown');
  pane.tmux('send-keys', '-t', pane.paneId, 'Enter');
  await eventually('the end is told', () => pane.screen().includes('exited with status 0'));
  expect(pane.screen()).not.toContain('never shown');
});

test('the report of a killed flood arrives although the terminal was full', async () => {
  await using pane = new KeeperPane();
  const keeper = await pane.connect();
  keeper.start(shell('exec yes'));
  await eventually('the command floods its terminal', () => pane.screen().includes('y\ny\n'));
  const flood = await runningPid(keeper);
  process.kill(pane.serverPid, 'SIGSTOP');
  try {
    await eventually('the server stopped', () => processState(pane.serverPid) === 'T');
    // It also rests for a moment each time the kernel passes on what it has written.
    let rests = 0;
    await eventually('the flood waits for room', () => {
      rests = processState(flood) === 'S' ? rests + 1 : 0;
      return rests === 10;
    });
    keeper.signal('SIGKILL');
    await stateWhere(keeper, (state) => !state.running);
  } finally {
    process.kill(pane.serverPid, 'SIGCONT');
  }
  await eventually('the end is told', () => pane.screen().includes('was ended by SIGKILL'));
});

/** A keeper on a terminal that the test itself holds the other end of. */
class KeeperPty implements AsyncDisposable {
  shown = '';
  readonly pty: PtyProcess;
  readonly #directory = mkdtempSync(join(tmpdir(), 'triad-pane-'));
  readonly #socketPath = join(this.#directory, 'worker.sock');
  readonly #connections: KeeperConnection[] = [];

  constructor() {
    this.pty = PtyProcess.spawn({
      file: getKeeperBinary().path,
      args: [this.#socketPath, 'worker'],
      env: { PATH: process.env['PATH'] ?? '', TERM: 'xterm' },
      cwd: '/',
      size: { cols: 100, rows: 30 },
      onOutput: (bytes) => {
        this.shown += Buffer.from(bytes).toString();
      },
    });
  }

  type(text: string): boolean {
    return this.pty.write(Buffer.from(text));
  }

  async connect(): Promise<KeeperConnection> {
    const options = { socketPath: this.#socketPath, deadlineMs: 15_000 };
    const connection = await KeeperConnection.connect(options);
    this.#connections.push(connection);
    return connection;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const connection of this.#connections) connection.close();
    await this.pty.close(0);
    rmSync(this.#directory, { recursive: true, force: true });
  }
}

async function attach(pane: KeeperPane): Promise<PtyProcess> {
  const before = clients(pane);
  const client = PtyProcess.spawn({
    file: TESTED_TMUX,
    args: ['-N', '-S', pane.tmuxSocket, 'attach-session'],
    env: { PATH: process.env['PATH'] ?? '', TERM: 'xterm-256color', LANG: 'C.UTF-8' },
    cwd: '/',
    size: { cols: 100, rows: 30 },
    onOutput: () => undefined,
  });
  await eventually('the client is attached', () => clients(pane) === before + 1);
  return client;
}

function clients(pane: KeeperPane): number {
  return pane.tmux('list-clients').split('\n').length - 1;
}
