import { afterAll, beforeAll, expect, test } from 'vitest';
import { eventually } from '../helpers/eventually.js';
import { containing } from '../helpers/matching.js';
import { runSsh } from '../helpers/ssh-client.js';
import { Terminal } from '../helpers/terminal.js';
import { TriadHome, type Up } from '../helpers/triad-home.js';

const TRIAD = `sessions:
  - name: pair
    panes:
      - {name: worker, command: [cat]}
`;

let home: TriadHome;
let up: Up;

beforeAll(async () => {
  home = await TriadHome.make({ triad: TRIAD, people: { dora: 'driver' } });
  up = await home.up();
});
afterAll(async () => {
  await home[Symbol.asyncDispose]();
});

const printed = async () => (await home.run(['capture', 'worker', '--all'])).stdout;

test('what a person types is not split by a send, and does not split it', async () => {
  await using dora = Terminal.ssh({ port: up.port, keyPath: home.keyOf('dora') });
  await dora.sees('C-b d leaves');
  await home.run(['keys', 'worker', 'C-u']);
  const sentBefore = home.lines('state/audit.jsonl').length;
  let typed = 'dora-';
  dora.type(typed);
  await dora.sees(typed);
  const sending = home.run(['send', 'worker', 'sent-whole']);
  const type = async () => {
    typed += 'x';
    dora.type('x');
    await dora.sees(typed);
    const since = home.lines('state/audit.jsonl').slice(sentBefore);
    return since.some(({ event }) => event === 'text-sent');
  };
  await eventually('the text is under way, and a key was typed after that', type);
  for (let key = 0; key < 10; key += 1) await type();
  dora.type('-end\r');
  expect((await sending).code).toBe(0);
  await eventually('each line is echoed by the terminal and the program, whole', async () => {
    const lines = (await printed()).split('\n');
    return [`${typed}-end`, 'sent-whole'].every(
      (line) => lines.filter((each) => each === line).length === 2,
    );
  });
});

test('a line longer than a terminal in canonical mode keeps is refused, and one that it keeps arrives', async () => {
  const long = await home.run(['send', 'worker', 'x'.repeat(4096)]);
  expect(long).toMatchObject({ code: 1, stdout: '' });
  expect(long.stderr).toContain(
    'worker reads line by line, and its terminal keeps 4095 bytes of a line',
  );
  expect(await home.run(['send', 'worker', `${'x'.repeat(4095)}\nit-arrived`])).toMatchObject({
    code: 0,
  });
  await eventually('both lines are echoed, and read', async () => {
    const lines = (await printed()).split('\n');
    return lines.filter((line) => line === 'it-arrived').length === 2;
  });
});

test('a line that tmux wrapped is captured as one with --join, over SSH, too', async () => {
  const line = 'j'.repeat(500);
  await home.run(['send', 'worker', line]);
  await eventually('both the typed and the printed line are there, each as one', async () => {
    const { stdout } = await home.run(['capture', 'worker', '--join']);
    return stdout.split(line).length === 3;
  });
  expect(await printed()).not.toContain(line);
  const driver = { port: up.port, keyPath: home.keyOf('dora') };
  const command = ['capture', 'worker', '--join', '--all', '--ansi'];
  expect((await runSsh(driver, { command })).stdout).toContain(`\n${line}\n`);
});

test('a text that is too long for SSH is refused with the limit', async () => {
  const driver = { port: up.port, keyPath: home.keyOf('dora') };
  const over = 'x'.repeat(64 * 1024 + 1);
  expect(await runSsh(driver, { command: ['send', 'worker', over] })).toMatchObject({
    code: 64,
    stderr: containing('text must be at most 65536 bytes, got 65537'),
  });
  expect(await runSsh(driver, { command: ['send', 'worker', over, over] })).toMatchObject({
    code: 64,
    stderr: containing('the command line must be at most 131072 bytes, got 131087'),
  });
});
