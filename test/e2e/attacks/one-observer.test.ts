/**
 * Attack: one observer freezes everybody. Ten `logs PANE` at once on one connection made a megabyte into
 * plain text each, in one go: a driver's login took 9 s, and an echo 8 s. So did, a little less, every other
 * verb that an observer may call, called ten times at once.
 */
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Disposal } from '../../../src/base/disposal.js';
import { VERBS } from '../../../src/gateway/commands/table.js';
import { count } from '../../helpers/counts.js';
import { eventually } from '../../helpers/eventually.js';
import { runSsh, SshClient, type SshTarget, sshArguments } from '../../helpers/ssh-client.js';
import { FORMS, type Serving, startAs } from '../../helpers/triad-form.js';
import { TriadHome } from '../../helpers/triad-home.js';

const HOOK = new URL('../../helpers/loop-blocks.mjs', import.meta.url).href;
const OBSERVERS = count(2, 10);
const AT_ONCE = 10;
/** Captures are made one after the other, whoever asks: a hundred of a whole scrollback take minutes. */
const ANSWER_LIMIT_MS = count(120_000, 600_000);
/**
 * A turn of the loop has a millisecond for steps and one for work. The rest is for the garbage collector, which on a
 * busy machine takes some tens of milliseconds for the text of many captures. What this is about took 500 ms for
 * each megabyte, and all of it in one turn.
 */
const MAX_BLOCK_MS = 150;

/** More than the ring keeps: colours, wide characters, titles, and lines longer than the window. */
const OUTPUT = `awk 'BEGIN { for (n = 0; n < ${count(1500, 5_000)}; n++) { s = "\\033]0;title\\007"; for (i = 0; i < 24; i++) s = s sprintf("\\033[38;2;%d;%d;7m\\347\\265\\202\\347\\253\\257%c\\033[0m ", i, n % 256, 97 + i); print s } print "all answers are out" }'; exec cat`;

/** Each verb that an observer may call, as it costs most. */
const COMMANDS: Readonly<Record<string, readonly string[]>> = {
  status: ['status', 'status --json', 'status --watch'],
  who: ['who', 'who --json', 'who --connections'],
  watch: ['watch'],
  capture: ['capture worker --all', 'capture worker --all --ansi'],
  logs: ['logs worker', 'logs worker --raw', 'logs worker --follow --lines 100000'],
  events: ['events --lines 10000', 'events --lines 10000 --json', 'events --follow --lines 10000'],
  help: ['help', 'help logs'],
};

let home: TriadHome;
let serving: Serving;
/** Of each observer. */
let keys: string[];

function storedEvents(many: number): string {
  const at = Date.now() - 86_400_000;
  const place = { kind: 'pane-state', session: 'pair', pane: 'worker', by: null };
  const facts = { from: 'running', to: 'backoff', reason: 'exited with 1' };
  const text = 'worker is in backoff: exited with 1 after 3 s, and is started again in 10 s';
  return Array.from({ length: many }, (_, index) =>
    JSON.stringify({ number: index + 1, at, ...place, text, facts }),
  )
    .join('\n')
    .concat('\n');
}

function by(keyPath: string): SshTarget {
  return { port: serving.gateway.port, keyPath };
}

/** A connection that the commands of one observer share. */
class Connection implements AsyncDisposable {
  readonly #socket: string;
  readonly #target: SshTarget;
  readonly #master: SshClient;

  constructor(number: number, keyPath: string) {
    this.#socket = home.path(`mux-${number}`);
    this.#target = by(keyPath);
    const options = ['-M', '-S', this.#socket, '-N'];
    this.#master = new SshClient(sshArguments(this.#target, options));
  }

  async open(): Promise<this> {
    await eventually('the connection is there', () => existsSync(this.#socket));
    return this;
  }

  start(command: string): SshClient {
    const isWatch = command === 'watch';
    const options = ['-S', this.#socket, ...(isWatch ? ['-tt'] : [])];
    return new SshClient([...sshArguments(this.#target, options), ...command.split(' ')]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#master[Symbol.asyncDispose]();
    rmSync(this.#socket, { force: true });
  }
}

/** How long the loop of any of its processes was blocked at most since this was asked last. */
async function longestBlock(): Promise<number> {
  const { host, gateway } = serving;
  const commands = host === gateway ? ['up'] : ['host', 'gateway'];
  const files = commands.map((command) => `blocks-${command}`);
  for (const file of files) rmSync(home.path(file), { force: true });
  for (const running of new Set([host, gateway])) running.process.kill('SIGUSR2');
  const areThere = () => files.every((file) => existsSync(home.path(file)));
  await eventually('the processes told of their blocks', areThere);
  return Math.max(...files.map((file) => JSON.parse(home.read(file)) as number));
}

test('there is a command for each verb of an observer', () => {
  const verbs = VERBS.filter(({ role }) => role === 'observer').map(({ name }) => name);
  expect(Object.keys(COMMANDS).sort()).toEqual([...verbs, 'help'].sort());
});

describe.each(FORMS.slice(0, count(1, 2)))('in %s', (form) => {
  beforeAll(async () => {
    const panes = [{ name: 'worker', command: ['sh', '-c', OUTPUT] }];
    const people = { dora: 'driver', olga: 'observer' } as const;
    const triad = JSON.stringify({ sessions: [{ name: 'pair', panes }] });
    home = await TriadHome.make({ triad, people, env: { NODE_OPTIONS: `--import ${HOOK}` } });
    mkdirSync(home.path('state'), { recursive: true });
    writeFileSync(home.path('state/events.jsonl'), storedEvents(10_000));
    keys = [];
    for (let number = 0; number < OBSERVERS; number += 1) {
      keys.push((await home.grant(`observer${number}`, 'observer')).path);
    }
    serving = await startAs(form, home);
    const shown = async () =>
      (await runSsh(by(home.keyOf('olga')), { command: ['logs', 'worker', '--lines', '1'] }))
        .stdout;
    await eventually(
      'all answers are out',
      async () => (await shown()).includes('all answers are out'),
      shown,
      60_000,
    );
  }, 120_000);

  afterAll(() => home[Symbol.asyncDispose]());

  test.each(Object.values(COMMANDS).flat())(
    'ten times at once, by each of some observers, it holds nobody up: %s',
    async (command) => {
      await using driver = new SshClient([...sshArguments(by(home.keyOf('dora')), ['-tt'])]);
      await driver.sees('\x1b[?1049h');
      await using opened = new Disposal();
      const open = keys.map((key, number) => new Connection(number, key));
      await Promise.all(open.map((connection) => connection.open()));
      await longestBlock();
      const clients = open.flatMap((connection) =>
        Array.from({ length: AT_ONCE }, () => connection.start(command)),
      );
      for (const each of clients) opened.defer(() => each[Symbol.asyncDispose]());
      // A connection goes first: it holds the pipes of its commands.
      for (const each of open) opened.defer(() => each[Symbol.asyncDispose]());
      driver.type(`echo of ${command.length}\r`);
      await driver.sees(`echo of ${command.length}`);
      expect((await runSsh(by(home.keyOf('dora')), { command: ['help'] })).code).toBe(0);
      const hasAnswer = (client: SshClient) => client.stdout.length > 0;
      await eventually(
        'all have an answer',
        () => clients.every(hasAnswer),
        undefined,
        ANSWER_LIMIT_MS,
      );
      if (!/watch|follow/.test(command)) {
        const ends = await Promise.all(clients.map(({ ended }) => ended));
        expect(new Set(ends.map(({ code, stderr }) => `${code} ${stderr}`))).toEqual(
          new Set(['0 ']),
        );
      }
      expect(await longestBlock()).toBeLessThan(MAX_BLOCK_MS);
    },
    2 * ANSWER_LIMIT_MS,
  );
});
