import { Terminal as ScreenModel } from '@xterm/headless';
import { expect, test } from 'vitest';
import { sessionName } from '../../../../src/base/ids.js';
import { DriverClientView } from '../../../../src/host/session/driver-client-view.js';
import { PtyProcess } from '../../../../src/host/tmux/pty-process.js';
import { openTmuxClient } from '../../../../src/host/tmux/tmux-client.js';
import { eventually } from '../../../helpers/eventually.js';
import { PrivateTmux } from '../../../helpers/private-tmux.js';

const SIZE = { cols: 80, rows: 24 };

/** A view whose output goes to a screen, and is counted. */
class SeenView implements AsyncDisposable {
  readonly view: DriverClientView;
  readonly #screen = new ScreenModel({ ...SIZE, allowProposedApi: true });
  bytes = 0;
  output = '';

  constructor(tmux: PrivateTmux) {
    const { server, sessionId } = tmux;
    const request = {
      ...{ session: sessionName('pair'), term: 'xterm-256color', size: SIZE },
      onOutput: (bytes: Uint8Array) => {
        this.bytes += bytes.length;
        this.output += Buffer.from(bytes).toString('latin1');
        this.#screen.write(bytes);
      },
    };
    this.view = new DriverClientView({
      request,
      openClient: (onOutput) =>
        openTmuxClient({
          server,
          sessionId,
          term: request.term,
          size: SIZE,
          onOutput,
          onInput: () => undefined,
          inputRoom: () => Number.POSITIVE_INFINITY,
        }),
      isSessionThere: async () =>
        (await tmux.ask('list-sessions', '-F', '#{session_id}')).includes(sessionId),
      onResize: () => undefined,
    });
  }

  get text(): string {
    const { active } = this.#screen.buffer;
    const rows = Array.from({ length: SIZE.rows - 1 }, (_, row) =>
      active.getLine(active.baseY + row),
    );
    return rows.map((row) => row?.translateToString(true) ?? '').join('\n');
  }

  async sees(text: string): Promise<void> {
    await eventually(
      `the view showed ${text}`,
      () => this.text.includes(text),
      () => this.text,
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.view.close();
    await this.view.ended;
    this.#screen.dispose();
  }
}

/** How a mode was set last: `h` is on, `l` off. */
function lastOf(output: string, mode: string): string | undefined {
  const set = output.matchAll(/\x1b\[(\?\d+)([hl])/g);
  return [...set].findLast(([, name]) => name === mode)?.[2];
}

test('a blocked view delivers nothing, and one repaint when it is unblocked', async () => {
  await using tmux = await PrivateTmux.start();
  await using seen = new SeenView(tmux);
  await using other = new SeenView(tmux);
  await seen.sees('');
  await tmux.ask('send-keys', '-t', tmux.pane, 'before', 'Enter');
  await seen.sees('before\nbefore');
  seen.view.setBlocked(true);
  const before = seen.bytes;
  // Everything that a stream could lose: other rows, colours, the cursor, mouse and paste modes.
  await tmux.ask(
    'respawn-pane',
    '-k',
    '-t',
    tmux.pane,
    'sh',
    '-c',
    "printf '\\033[2J\\033[5;5H\\033[41mafter\\033[0m\\033[?1003h\\033[?1006h\\033[?2004h\\033[?25l\\033[10;10H'; exec cat",
  );
  await other.sees('after');
  await eventually('the other view has no cursor', () => other.output.includes('\x1b[?25l'));
  expect(seen.bytes).toBe(before);
  seen.view.setBlocked(false);
  await eventually(
    'the screens are equal',
    () => seen.text === other.text,
    () => `${seen.text}\n---\n${other.text}`,
  );
  // Some versions turn a mode on when a client comes and never off, so that a repaint has no need to.
  for (const [mode, end] of [
    ['?1003', 'h'],
    ['?2004', 'h'],
    ['?25', 'l'],
  ] as const) {
    await eventually(
      `mode ${mode} ends with ${end}`,
      () => lastOf(seen.output, mode) === end,
      () => JSON.stringify(seen.output.slice(before)),
    );
  }
});

test('a view that lost nothing while it was blocked is not repainted', async () => {
  const { view, output } = openShell("trap 'echo repaint' WINCH; echo ready; read end; echo end");
  await eventually('the command runs', () => output().includes('ready'));
  view.setBlocked(true);
  view.setBlocked(false);
  view.write(Buffer.from('\r'));
  expect((await view.ended).reason).toBe('detached');
  expect(output()).toContain('end');
  expect(output()).not.toContain('repaint');
});

test('a closed view ends as closed, however often it is closed', async () => {
  await using tmux = await PrivateTmux.start();
  await using seen = new SeenView(tmux);
  await eventually('the view has begun', () => seen.output.includes('\x1b[?1049h'));
  seen.view.close();
  seen.view.close();
  expect(await seen.view.ended).toEqual({ reason: 'closed', isTerminalRestored: false });
});

test('a view ends as detached when its person detaches', async () => {
  await using tmux = await PrivateTmux.start();
  await using seen = new SeenView(tmux);
  await eventually('the view has begun', () => seen.output.includes('\x1b[?1049h'));
  await tmux.ask('detach-client', '-s', tmux.sessionId);
  expect(await seen.view.ended).toEqual({ reason: 'detached', isTerminalRestored: true });
});

test('a view ends as session-ended when the session does', async () => {
  await using tmux = await PrivateTmux.start();
  await tmux.ask('new-session', '-d', '-s', 'other', 'cat');
  await using seen = new SeenView(tmux);
  await eventually('the view has begun', () => seen.output.includes('\x1b[?1049h'));
  await tmux.ask('set-option', '-g', 'detach-on-destroy', 'on');
  await tmux.ask('kill-session', '-t', tmux.sessionId);
  expect((await seen.view.ended).reason).toBe('session-ended');
});

test('a view has failed when its session cannot be had', async () => {
  await using tmux = await PrivateTmux.start();
  const { server } = tmux;
  const view = new DriverClientView({
    request: { session: sessionName('pair'), term: 'xterm', size: SIZE, onOutput: () => undefined },
    openClient: (onOutput) =>
      openTmuxClient({
        server,
        sessionId: '$99',
        term: 'xterm',
        size: SIZE,
        onOutput,
        onInput: () => undefined,
        inputRoom: () => Number.POSITIVE_INFINITY,
      }),
    isSessionThere: () => Promise.reject(new Error('tmux does not say')),
    onResize: () => undefined,
  });
  expect(await view.ended).toEqual({ reason: 'failed', isTerminalRestored: false });
});

test('a client that does not end when told to gets no more input, and is killed', async () => {
  const { view, output } = openShell("trap '' TERM; stty raw -echo; printf ready; exec cat");
  await eventually('the command runs', () => output() === 'ready');
  view.write(Buffer.from(' in time'));
  await eventually('the command has read its line', () => output() === 'ready in time');
  view.close();
  expect(view.write(Buffer.from('too late'))).toBe(true);
  expect(await view.ended).toEqual({ reason: 'closed', isTerminalRestored: false });
  expect(output()).toBe('ready in time');
});

/** A view of a client that does what the test needs instead of what tmux does. */
function openShell(script: string): { view: DriverClientView; output: () => string } {
  let output = '';
  const options = {
    file: 'sh',
    args: ['-c', script],
    env: { PATH: process.env['PATH'] ?? '' },
    cwd: '/',
  };
  const view = new DriverClientView({
    request: {
      ...{ session: sessionName('pair'), term: 'xterm', size: SIZE },
      onOutput: (bytes) => (output += Buffer.from(bytes).toString()),
    },
    openClient: (onOutput) => PtyProcess.spawn({ ...options, size: SIZE, onOutput }),
    isSessionThere: () => Promise.resolve(true),
    onResize: () => undefined,
  });
  return { view, output: () => output };
}
