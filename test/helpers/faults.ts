import { execFile } from 'node:child_process';
import { existsSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { promisify } from 'node:util';
import type { Random } from './random.js';
import { TESTED_TMUX } from './tested-tmux.js';
import { AGENT_NAMES, type Agent, type TroubledTriad } from './troubled-triad.js';

const run = promisify(execFile);
/** Fewer than any host has open. */
const NO_DESCRIPTORS = 10;

/** Something bad that happens, and the words for it. */
export interface Fault {
  readonly text: string;
  readonly inflict: (triad: TroubledTriad) => Promise<void> | void;
  /** The state of the host afterwards, where it is another one than before. */
  readonly host?: Host;
}

type Host = 'up' | 'limited' | 'away';

type MakeFault = (random: Random) => Fault;

const KINDS: readonly MakeFault[] = [
  () => ({
    text: 'the runtime folder removed',
    inflict: ({ home }) => remove(home.path('state/run')),
  }),
  (random) => {
    const choice = random.below(64);
    return {
      text: `socket ${choice} removed`,
      inflict: (triad) => {
        const sockets = triad.sockets();
        const chosen = sockets[choice % sockets.length];
        if (chosen !== undefined) rmSync(chosen, { force: true });
      },
    };
  },
  (random) => {
    const agent = random.pick(AGENT_NAMES);
    return {
      text: `the command of ${agent} killed`,
      inflict: (triad) => {
        triad.hit.add(agent);
        for (const pid of triad.runsOf(agent)) kill(pid);
      },
    };
  },
  (random) => {
    const agent = random.pick(AGENT_NAMES);
    return {
      text: `the keeper of ${agent} killed`,
      inflict: (triad) => {
        triad.hit.add(agent);
        kill(triad.keeperOf(agent));
      },
    };
  },
  (random) => {
    const agent = random.pick(AGENT_NAMES);
    return {
      text: `the tap of ${agent} killed`,
      inflict: (triad) => kill(triad.tapOf(agent)),
    };
  },
  (random) => {
    const agent = random.pick(AGENT_NAMES);
    return {
      text: `the pane of ${agent} closed`,
      inflict: (triad) => closePane(triad, agent),
    };
  },
  () => ({
    text: 'tmux killed',
    inflict: (triad) => {
      for (const agent of AGENT_NAMES) triad.hit.add(agent);
      kill(triad.tmux());
    },
  }),
  () => ({ text: 'the gateway killed', inflict: (triad) => triad.killGateway() }),
  (random) => {
    const name = random.pick(['events.jsonl', 'audit.jsonl']);
    return {
      text: `${name} moved aside`,
      inflict: ({ home }) => {
        const path = home.path(`state/${name}`);
        const aside = readdirSync(home.path('state')).filter((file) => file.startsWith(name));
        if (existsSync(path)) renameSync(path, `${path}-${aside.length}`);
      },
    };
  },
  () => ({
    text: 'the logs removed',
    inflict: async ({ home }) => {
      const names = ['host.log', 'triad.log', 'logs'];
      await Promise.all(names.map((name) => remove(home.path(`state/${name}`))));
    },
  }),
];

const killed: MakeFault = () => ({
  text: 'the host killed',
  inflict: (triad) => triad.endHost('SIGKILL'),
  host: 'away',
});
const stopped: MakeFault = () => ({
  text: 'the host stopped',
  inflict: (triad) => triad.endHost('SIGTERM'),
  host: 'away',
});
const second: MakeFault = () => ({
  text: 'a second host started',
  inflict: (triad) => triad.secondHostIsRefused(),
});

/** What may happen to a host besides. */
const HOST_KINDS: Readonly<Record<Host, readonly MakeFault[]>> = {
  up: [
    ...[killed, stopped, second],
    () => ({
      text: 'the host without descriptors',
      inflict: (triad) => triad.limitHost(NO_DESCRIPTORS),
      host: 'limited',
    }),
  ],
  limited: [
    ...[killed, stopped, second],
    () => ({
      text: 'descriptors for the host',
      inflict: (triad) => triad.limitHost(),
      host: 'up',
    }),
  ],
  away: [() => ({ text: 'the host started', inflict: (triad) => triad.startHost(), host: 'up' })],
};

/** Three to five faults, each at some moment after the one before. */
export function faultsOf(random: Random): Fault[] {
  const count = 3 + random.below(3);
  let state: Host = 'up';
  return Array.from({ length: count }, () => {
    // The fewer things may happen to the host, the more often each of them does.
    const kinds = random.below(3) === 0 ? HOST_KINDS[state] : KINDS;
    const { text, inflict, host = state } = random.pick(kinds)(random);
    state = host;
    const pauseMs = random.pick([0, 0, 30, 300, 1500]);
    return {
      text: pauseMs === 0 ? text : `${text}, ${pauseMs} ms later`,
      inflict: async (triad) => {
        await new Promise((resolve) => setTimeout(resolve, pauseMs));
        await inflict(triad);
      },
    };
  });
}

/** Removes a folder with what is made in it meanwhile; `rmSync` reads the folder only once. */
function remove(path: string): Promise<void> {
  return rm(path, { recursive: true, force: true, maxRetries: 10 });
}

function kill(pid: number | undefined): void {
  try {
    if (pid !== undefined) process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended already.
  }
}

/** Closes a pane as a driver does; where tmux cannot be reached, the pane has to stay. */
async function closePane(triad: TroubledTriad, agent: Agent): Promise<void> {
  const keeper = triad.keeperOf(agent);
  const socket = triad.home.path('state/run/tmux/pair/tmux.sock');
  const tmux = async (...args: string[]) =>
    (await run(TESTED_TMUX, ['-N', '-S', socket, ...args]).catch(() => ({ stdout: '' }))).stdout;
  const rows = (await tmux('list-panes', '-s', '-F', '#{pane_pid} #{pane_id}')).split('\n');
  const id = rows.find((row) => row.startsWith(`${keeper} `))?.split(' ')[1];
  if (id === undefined) return;
  triad.hit.add(agent);
  await tmux('kill-pane', '-t', id);
}
