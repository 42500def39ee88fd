import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { eventually } from '../helpers/eventually.js';
import { signalNow } from '../helpers/signal.js';
import { SshClient, sshArguments } from '../helpers/ssh-client.js';
import { TriadHome, type Up } from '../helpers/triad-home.js';

/** Serves on the port that is its argument while the file `served` is there. */
const SERVER =
  'const fs=require("fs"),http=require("http");http.createServer((q,a)=>{a.statusCode=fs.existsSync("ill")?503:200;a.end()}).listen(+process.argv[1],"127.0.0.1",()=>console.log("listening"))';

const PROGRAM = join(import.meta.dirname, '../../dist/cli/main.js');
const often = 'interval: 100ms, failures: 2';

const triadFor = (port: number, hook: number) => `sessions:
  - name: pair
    webhookHosts: [127.0.0.1]
    rules:
      - {name: answer, when: {pane: asks, match: 'deploy now'}, do: {send: {pane: typed, text: yes do}}}
      - {name: keep, when: {pane: crashes, state: failed}, do: {exec: [sh, -c, 'cat > kept']}}
      - {name: call, when: {pane: asks, state: needs-input}, do: {webhook: 'http://127.0.0.1:${hook}/hook'}}
      - {name: dull, when: {pane: quiet, silence: 1s}, do: {notify: quiet is dull}}
      - {name: ping, when: {pane: one, match: 'ball'}, do: {send: {pane: two, text: ball}}, cooldown: 0s, limit: {count: 100}}
      - {name: pong, when: {pane: two, match: 'ball'}, do: {send: {pane: one, text: ball}}, cooldown: 0s, limit: {count: 100}}
    panes:
      - {name: http, command: [node, -e, '${SERVER}', '${port}'], ready: {http: 'http://127.0.0.1:${port}/', ${often}}}
      - {name: tcp, command: 'exec sleep 1000', ready: {tcp: ':${port}', ${often}}, dependsOn: {http: started}}
      - {name: exec, command: 'exec sleep 1000', ready: {exec: [test, -e, well], ${often}}, dependsOn: {tcp: healthy}}
      - {name: log, command: 'echo set-up; sleep 0.1; echo ready 7; exec cat', ready: {log: 'ready [0-9]+'}}
      - {name: live, command: 'exec cat', live: {exec: [test, '!', -e, dead], ${often}}, backoff: {first: 50ms}}
      - {name: stalls, command: 'echo once; exec sleep 1000', live: {silence: 1s}, backoff: {first: 1h, max: 1h}}
      - {name: asks, command: [bash, -c, 'read -p "deploy now? [y/N] " x; echo "got $x"; printf ">>> "; read x; exec cat'], needsInput: {silence: 100ms}}
      - {name: crashes, command: 'echo last words; exit 4', crashLimit: 2, backoff: {first: 50ms}}
      - {name: quiet, command: 'exec sleep 1000'}
      - {name: typed, command: 'exec cat'}
      - {name: one, command: 'stty -echo; echo plays; exec cat'}
      - {name: two, command: 'stty -echo; echo plays; exec cat'}
      - {name: follow, command: 'echo begins; exec cat'}
      - {name: loud, command: 'seq 1 4000; exec cat', logFile: {maxSize: 4KB, keep: 2}}
`;

let home: TriadHome;
let up: Up;
let hook: Server;
const calls: unknown[] = [];

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

beforeAll(async () => {
  hook = createServer((request, response) => {
    void text(request).then((body) => {
      calls.push(JSON.parse(body));
      response.end();
    });
  }).listen(0, '127.0.0.1');
  await once(hook, 'listening');
  const triad = triadFor(await freePort(), (hook.address() as AddressInfo).port);
  home = await TriadHome.make({ triad, people: { olga: 'observer' } });
  up = await home.up();
});
afterAll(async () => {
  await home[Symbol.asyncDispose]();
  hook.close();
});

async function pane(name: string) {
  const found = (await home.status()).sessions[0]?.panes.find((each) => each.name === name);
  if (found === undefined) throw new Error(`no pane ${name}`);
  return found;
}

const reaches = (name: string, state: string) =>
  eventually(
    `${name} is ${state}`,
    async () => {
      const found = await pane(name);
      return found.state === state ? found : undefined;
    },
    () => texts(name).join('\n'),
  );

/** What is on record of a pane or a rule, in the words that people read. */
const texts = (word: string) =>
  home.lines('state/events.jsonl').flatMap(({ text }) => {
    return String(text).split(/[ :]/, 2).includes(word) ? [String(text)] : [];
  });

const recorded = (word: string, text: string | RegExp) =>
  eventually(
    `${word}: ${text}`,
    () => texts(word).some((each) => (typeof text === 'string' ? each === text : text.test(each))),
    () => texts(word).join('\n'),
  );

const screenOf = async (name: string) => (await home.run(['capture', name])).stdout;

test('a server in a pane is healthy while it answers, and what waits for that starts then', async () => {
  const before = await reaches('http', 'healthy');
  await reaches('tcp', 'healthy');
  expect(await reaches('exec', 'running')).toMatchObject({ reason: 'command started' });
  writeFileSync(home.path('well'), '');
  expect(await reaches('exec', 'healthy')).toMatchObject({ reason: 'test exited with 0' });
  writeFileSync(home.path('ill'), '');
  const ill = await reaches('http', 'unhealthy');
  expect(ill).toMatchObject({ pid: before.pid, reason: 'http answered 503, 2 times in a row' });
  rmSync(home.path('ill'));
  await reaches('http', 'healthy');
  signalNow(before.pid, 'SIGKILL');
  await reaches('tcp', 'unhealthy');
  await reaches('tcp', 'healthy');
  await reaches('http', 'healthy');
  expect(texts('http')).toEqual([
    expect.stringMatching(/^http: waiting -> starting: /),
    expect.stringMatching(/^http was started, process \d+$/),
    'http: starting -> running: command started',
    'http: running -> healthy: http answered 200',
    'http: healthy -> unhealthy: http answered 503, 2 times in a row',
    'http: unhealthy -> healthy: http answered 200',
    'http was ended by SIGKILL',
    'http: healthy -> backoff: was ended by SIGKILL',
    'http: backoff -> starting: pause is over',
    expect.stringMatching(/^http was started, process \d+$/),
    'http: starting -> running: command started',
    'http: running -> healthy: http answered 200',
  ]);
  for (const name of ['tcp', 'exec']) expect(await pane(name)).toMatchObject({ restarts: 0 });
});

test('a line that is waited for makes a pane healthy, and each run has to print it anew', async () => {
  const { pid } = await reaches('log', 'healthy');
  signalNow(pid, 'SIGKILL');
  await recorded('log', 'log: healthy -> backoff: was ended by SIGKILL');
  await reaches('log', 'healthy');
  expect(texts('log').filter((text) => text.includes('a line matched ready [0-9]+'))).toHaveLength(
    2,
  );
});

test('a pane that is dead or has stalled is ended for that reason', async () => {
  await reaches('live', 'running');
  writeFileSync(home.path('dead'), '');
  await recorded('live', 'live: running -> unhealthy: test exited with 1, 2 times in a row');
  rmSync(home.path('dead'));
  await reaches('live', 'running');
  expect(await reaches('stalls', 'backoff')).toMatchObject({ reason: 'put out nothing for 1 s' });
  expect(await pane('live')).toMatchObject({ lastExit: { signal: 'SIGTERM' } });
});

test('a question calls for somebody until it is answered, and the next one does, too', async () => {
  const asks = (question: string | null) =>
    eventually(`the pane asks ${question}`, async () => (await pane('asks')).question === question);
  await asks('deploy now? [y/N]');
  expect((await home.run(['status'])).stdout).toMatch(/^needs attention: .*pair:asks needs input/);
  await home.run(['send', 'asks', 'y']);
  await asks('>>>');
  await home.run(['send', 'asks', 'print(1)']);
  await asks(null);
  expect(await pane('asks')).toMatchObject({ restarts: 0, state: 'running' });
  expect(texts('asks')).toEqual(
    expect.arrayContaining(['asks asks: deploy now? [y/N]', 'asks asks: >>>']),
  );
  expect(calls[0]).toMatchObject({ pane: 'asks', rule: 'call', text: 'deploy now? [y/N]' });
  await eventually('the answer was seen, too', async () =>
    (await screenOf('typed')).includes('yes do\nyes do'),
  );
  await recorded('rule', 'rule answer types into typed, because asks put out "deploy now? [y/N] "');
});

test('a pane that has failed says why, a rule keeps what it is told, and a person starts it again', async () => {
  const failed = await reaches('crashes', 'failed');
  const reason = 'exited with status 4; crashed 2 times in a row';
  expect(failed).toMatchObject({ reason, restarts: 1, lastExit: { status: 4 } });
  await eventually('the pane says why it has failed', async () =>
    (await screenOf('crashes'))
      .replaceAll('\n', '')
      .includes(`triad: crashes has failed: ${reason}`),
  );
  expect((await home.run(['logs', 'crashes'])).stdout).toMatch(/^last words\n/);
  await eventually('the rule ran its program', () => existsSync(home.path('kept')));
  await recorded('rule', 'rule keep ran its program: it exited with 0');
  expect(home.read('kept')).toBe('failed\n');
  expect(await home.run(['start', 'crashes'])).toMatchObject({ code: 0 });
  await eventually('the pane was tried anew', async () => (await pane('crashes')).restarts === 3);
  await reaches('crashes', 'failed');
});

test('silence is told to people, and rules that play ping-pong are stopped', async () => {
  await recorded('rule', 'rule dull says: quiet is dull');
  for (const name of ['one', 'two']) {
    await eventually('the pane plays', async () => (await screenOf(name)).includes('plays'));
  }
  await home.run(['send', 'one', 'ball']);
  await recorded('rule', /rule p.ng was stopped: rules make each other fire/);
  const game = texts('rule').filter((text) => /^rule p.ng /.test(text));
  const ping = 'rule ping types into two, because one showed a line that matches';
  const pong = 'rule pong types into one, because two showed a line that matches';
  const end = 'rule pong was stopped: rules make each other fire';
  expect(game).toEqual([ping, pong, ping, pong, ping, end]);
});

test('a log file is rotated, and has the newest lines', async () => {
  const folder = home.path('state/logs/pair');
  await eventually(
    'the pane has old log files',
    () => readdirSync(folder).sort().join() === 'loud.log,loud.log.1.gz,loud.log.2.gz',
  );
  expect(home.read('state/logs/pair/loud.log')).toMatch(/\n4000\n/);
  const old = gunzipSync(readFileSync(home.path('state/logs/pair/loud.log.1.gz'))).toString();
  expect(old).toMatch(/^\d+(\n\d+)+\n$/);
});

test('here and over SSH people follow what a pane puts out and what happens, in plain words', async () => {
  const local = (...words: string[]) =>
    new SshClient([PROGRAM, '--home', home.root, ...words], process.execPath);
  const target = { port: up.port, keyPath: home.keyOf('olga') };
  const ssh = (...words: string[]) => new SshClient([...sshArguments(target), ...words]);
  const { pid } = await reaches('follow', 'running');
  await using mine = local('logs', 'follow', '--follow');
  await using theirs = ssh('logs', 'follow', '--follow');
  await using happens = local('events', '--follow', '--json');
  await using told = ssh('events', '--follow');
  const clients = [mine, theirs, happens, told];
  await Promise.all(clients.map((client, index) => client.sees(index < 2 ? 'begins' : '\n')));
  await home.run(['send', 'follow', 'hello']);
  await Promise.all([mine, theirs].map((client) => client.sees('begins\nhello\nhello\n')));
  signalNow(pid, 'SIGABRT');
  const end = 'follow: running -> backoff: was ended by SIGABRT';
  await Promise.all(
    clients.map((client, index) =>
      client.sees(index < 2 ? '[triad: follow was ended by SIGABRT]' : end),
    ),
  );
  for (const client of clients) expect(client.stdout).not.toContain('\x1b');
  const audited = home.lines('state/audit.jsonl').map(({ text }) => text);
  expect(audited).toContain(end);
  expect(home.read('state/triad.log')).toContain('"reason":"was ended by SIGABRT"');
});
