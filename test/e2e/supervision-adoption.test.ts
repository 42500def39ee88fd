import { expect, test } from 'vitest';
import { eventually } from '../helpers/eventually.js';
import { type Running, TriadHome } from '../helpers/triad-home.js';

const HOUR = { first: '1h', max: '1h', jitter: 0 };
const started = (name: string, then: string) => `echo ${name} >> starts; ${then}`;
const TRIAD = JSON.stringify({
  sessions: [
    {
      name: 'pair',
      panes: [
        {
          ...{ name: 'runs', command: started('runs', 'exec cat') },
          backoff: { first: '50ms', jitter: 0 },
        },
        {
          ...{ name: 'healthy', command: started('healthy', 'echo listening; exec cat') },
          ready: { log: 'listening' },
        },
        { name: 'waits', command: started('waits', 'exec cat'), dependsOn: { failed: 'healthy' } },
        { name: 'rests', command: started('rests', 'exit 4'), backoff: HOUR },
        { name: 'stopped', command: started('stopped', 'exec cat') },
        {
          ...{ name: 'failed', command: started('failed', 'exit 3'), crashLimit: 1 },
          ready: { log: 'never' },
        },
        { name: 'exited', command: started('exited', 'exit 0'), restart: 'on-failure' },
      ],
    },
  ],
});
const STATES = {
  ...{ runs: 'running', healthy: 'healthy', waits: 'waiting', rests: 'backoff' },
  ...{ stopped: 'stopped', failed: 'failed', exited: 'exited' },
};

type Panes = Readonly<Record<string, object>>;

/** Everything that is told of the panes but what is measured anew all the time. */
async function panesOf(home: TriadHome): Promise<Panes> {
  const [session] = (await home.status()).sessions;
  const panes = session?.panes ?? [];
  return Object.fromEntries(panes.map((pane) => [pane.name, { ...pane, telemetry: null }]));
}

async function settled(home: TriadHome): Promise<Panes> {
  return eventually(
    'each pane has its state',
    async () => {
      const panes = await panesOf(home);
      const isReached = ([name, state]: [string, string]) =>
        (panes[name] as { state?: string } | undefined)?.state === state;
      return Object.entries(STATES).every(isReached) ? panes : undefined;
    },
    () => home.read('state/events.jsonl'),
  );
}

async function end(signal: NodeJS.Signals, ...all: readonly Running[]): Promise<void> {
  for (const running of all) {
    running.process.kill(signal);
    await running.ended;
  }
}

const startsIn = (home: TriadHome) => home.read('starts').trim().split('\n').sort();

test('states, counts, pauses and ages go on after kill -9 of triad up and of triad host, and after an upgrade', async () => {
  await using home = await TriadHome.make({ triad: TRIAD });
  const first = await home.up();
  expect((await home.run(['stop', 'stopped'])).code).toBe(0);
  const { pid } = (await settled(home))['runs'] as { pid: number };
  process.kill(pid, 'SIGKILL');
  await eventually('the killed command runs again', async () => {
    const pane = (await panesOf(home))['runs'] as { restarts?: number; state?: string };
    return pane.restarts === 1 && pane.state === 'running';
  });
  const before = await settled(home);
  // A command that runs has not said so at once.
  const starts = await eventually('each command has said that it was started', () => {
    const all = startsIn(home);
    return all.length === 7 ? all : undefined;
  });
  const goesOn = async () => {
    expect(await settled(home)).toEqual(before);
    expect(startsIn(home)).toEqual(starts);
  };

  await end('SIGKILL', first);
  const second = await home.up();
  await goesOn();
  // The same code in a new process, as two programs instead of one: what an upgrade looks like.
  await end('SIGTERM', second);
  const host = await home.host();
  const gateway = await home.gateway();
  await goesOn();
  await end('SIGKILL', host);
  const next = await home.host();
  await eventually('the gateway has found the next host', async () =>
    (await home.run(['status'])).stdout.includes('session pair: running'),
  );
  await goesOn();
  await end('SIGTERM', gateway, next);
  await home.up();
  await goesOn();

  const events = home.lines('state/events.jsonl');
  const later = events.slice(events.findIndex(({ kind }) => kind === 'session-adopted'));
  const texts = later.filter(({ kind }) => kind !== 'host-started').map(({ text }) => text);
  expect(new Set(texts)).toEqual(new Set(['session taken over']));
});
