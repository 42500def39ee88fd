import { expect, test } from 'vitest';
import { UnavailableError } from '../../../../src/base/errors.js';
import { ControlConnection } from '../../../../src/host/tmux/control-connection.js';
import { TmuxError } from '../../../../src/host/tmux/tmux-server.js';
import { eventually } from '../../../helpers/eventually.js';
import { PrivateTmux } from '../../../helpers/private-tmux.js';

async function open(
  tmux: PrivateTmux,
  onNotification: (name: string, rest: string) => void = () => undefined,
) {
  const control = await ControlConnection.open(tmux.server, tmux.sessionId, onNotification);
  const close = async () => {
    control.close();
    await control.closed;
  };
  return { control, [Symbol.asyncDispose]: close };
}

async function echo(control: ControlConnection, text: string): Promise<readonly string[]> {
  await control.ask('set-option', ['-g', '@echo', text]);
  return control.ask('show-options', ['-gv', '@echo']);
}

test('answers come in the order of the questions', async () => {
  await using tmux = await PrivateTmux.start();
  await using opened = await open(tmux);
  const numbers = Array.from({ length: 200 }, (_, index) => index);
  const answers = await Promise.all(
    numbers.map((number) => opened.control.ask('display-message', ['-p', `n${number}`])),
  );
  expect(answers).toEqual(numbers.map((number) => [`n${number}`]));
});

test.each([
  ...[
    'plain',
    'two words',
    '$HOME',
    '#{pane_id}',
    "it's",
    'a "quoted" word',
    '; kill-server',
    'a;',
    '\\',
    '~',
  ],
  ...[
    '%end 1 2 3',
    '{ kill-server }',
    '#(touch /tmp/x)',
    'tab\there',
    'Grüße 漢字 🙂',
    '-n',
    '%if 1',
  ],
])('%j survives the quoting', async (text) => {
  await using tmux = await PrivateTmux.start();
  await using opened = await open(tmux);
  await opened.control.ask('set-buffer', ['-b', 'echo', '--', text]);
  expect(await tmux.ask('show-buffer', '-b', 'echo')).toBe(text);
});

test('every byte that text can have survives the quoting', async () => {
  await using tmux = await PrivateTmux.start();
  await using opened = await open(tmux);
  const text = Array.from({ length: 0x7f }, (_, index) => String.fromCharCode(index + 1)).join('');
  await opened.control.ask('set-buffer', ['-b', 'echo', '--', text]);
  const saved = await tmux.server.run(['save-buffer', '-b', 'echo', '-']);
  expect(saved.toString()).toBe(text);
});

test('lines that look like the end of an answer, or like a notification, are part of it', async () => {
  await using tmux = await PrivateTmux.start();
  const seen: string[] = [];
  await using opened = await open(tmux, (name) => seen.push(name));
  for (const line of ['%end 1 1 1', '%error 1 1 1', '%begin 1 1 1', '%exit', '%window-add @9']) {
    expect(await echo(opened.control, line)).toEqual([line]);
  }
  expect(await echo(opened.control, 'still right')).toEqual(['still right']);
  expect(seen).not.toContain('exit');
});

test("tmux's errors say what tmux said, and the next question is answered", async () => {
  await using tmux = await PrivateTmux.start();
  await using opened = await open(tmux);
  const failed = opened.control.ask('select-pane', ['-t', '%999']);
  const next = opened.control.ask('display-message', ['-p', 'next']);
  await expect(failed).rejects.toThrow(TmuxError);
  await expect(failed).rejects.toThrow("can't find pane: %999");
  expect(await next).toEqual(['next']);
});

test('what has commands within is one question, whatever tmux answers them', async () => {
  await using tmux = await PrivateTmux.start();
  await using opened = await open(tmux);
  const { control } = opened;
  const within = (commands: string) => control.ask('if-shell', ['-F', '1', commands]);
  const done = within('display-message -p one ; display-message -p two');
  const next = control.ask('display-message', ['-p', 'next']);
  const failed = within('display-message -p one ; select-pane -t %999');
  const last = control.ask('display-message', ['-p', 'last']);
  expect(await done).toEqual([]);
  expect(await next).toEqual(['next']);
  await expect(failed).rejects.toThrow("can't find pane: %999");
  expect(await last).toEqual(['last']);
});

test('a session that is not there cannot be opened', async () => {
  await using tmux = await PrivateTmux.start();
  const opening = ControlConnection.open(tmux.server, '$99', () => undefined);
  await expect(opening).rejects.toThrow(/can't find session/);
});

test('a server that is not there cannot be opened', async () => {
  const tmux = await PrivateTmux.start();
  await tmux[Symbol.asyncDispose]();
  await expect(ControlConnection.open(tmux.server, '$0', () => undefined)).rejects.toThrow(
    UnavailableError,
  );
});

test('notifications are heard', async () => {
  await using tmux = await PrivateTmux.start();
  const seen: string[] = [];
  await using opened = await open(tmux, (name) => seen.push(name));
  await tmux.ask('new-window', '-d', 'cat');
  await eventually(
    'a window was announced',
    () => seen.includes('window-add'),
    () => seen.join(),
  );
  expect(await opened.control.ask('display-message', ['-p', 'x'])).toEqual(['x']);
});

test('when the server dies, what was asked fails and the connection says that it is closed', async () => {
  await using tmux = await PrivateTmux.start();
  await using opened = await open(tmux);
  const pid = Number(await tmux.ask('display-message', '-p', '#{pid}'));
  process.kill(pid, 'SIGSTOP');
  const asked = opened.control.ask('display-message', ['-p', 'never']);
  process.kill(pid, 'SIGKILL');
  await expect(asked).rejects.toThrow(UnavailableError);
  await opened.control.closed;
  await expect(opened.control.ask('list-panes', [])).rejects.toThrow(UnavailableError);
});

test('at most 1000 questions wait; the next one is refused and the others are answered', async () => {
  await using tmux = await PrivateTmux.start();
  await using opened = await open(tmux);
  const pid = Number(await tmux.ask('display-message', '-p', '#{pid}'));
  process.kill(pid, 'SIGSTOP');
  const asked = Array.from({ length: 1000 }, () =>
    opened.control.ask('display-message', ['-p', 'x']),
  );
  const refused = opened.control.ask('display-message', ['-p', 'x']);
  process.kill(pid, 'SIGCONT');
  await expect(refused).rejects.toThrow(UnavailableError);
  expect(await Promise.all(asked)).toHaveLength(1000);
});
