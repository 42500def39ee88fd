import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { eventually } from './eventually.js';
import { isAlive } from './keeper-pane.js';
import { Terminal } from './terminal.js';
import { type Running, TriadHome, type Up } from './triad-home.js';

const AGENT = join(import.meta.dirname, 'counting-agent.sh');
/** Long enough for a busy machine; what failed is tried again every ten seconds. */
const LIMIT_MS = 90_000;
const DESCRIPTORS = 1024;
/** No evidence, since the whole report is shown with each failure. */
const NOTHING = () => '';

/** How each agent takes it when its terminal hangs up, or it is told to end. */
const AGENTS = { mild: 'mild', deaf: 'deaf', stubborn: 'stubborn' } as const;
export type Agent = keyof typeof AGENTS;
export const AGENT_NAMES = Object.keys(AGENTS) as Agent[];

export type Line = Readonly<Record<string, unknown>>;

/** Somebody who is attached, and what is known of the gateway that they are at. */
interface Person {
  readonly terminal: Terminal;
  readonly gateway: Up;
}

/** A host, a gateway, three agents, a driver and an observer, to whom things happen. */
export class TroubledTriad implements AsyncDisposable {
  readonly home: TriadHome;
  /** The host; undefined while it is away. */
  host: Running | undefined;
  gateway: Up | undefined;
  /** Agents to whose processes something was done on purpose. */
  readonly hit = new Set<Agent>();
  /** Gateways that were killed, and so could not say goodbye. */
  readonly killedGateways = new Set<Up>();
  readonly people = new Map<'dora' | 'olga', Person>();
  #sentences = 0;
  /** The sockets that were there before anything happened. */
  #sockets: readonly string[] | undefined;

  private constructor(home: TriadHome) {
    this.home = home;
  }

  static async make(): Promise<TroubledTriad> {
    const triad = new TroubledTriad(
      await TriadHome.make({ people: { dora: 'driver', olga: 'observer' } }),
    );
    writeFileSync(triad.home.path('config/triad.yaml'), plan(triad.home.root));
    return triad;
  }

  /** The process of an agent that started last, as it says itself; undefined before the first. */
  pidOf(agent: string): number | undefined {
    return this.started().findLast(({ name }) => name === agent)?.pid;
  }

  /** What the agents themselves say of their starts. */
  started(): { name: string; pid: number }[] {
    return this.#rows('starts').map((row) => {
      const [name = '', pid] = row.split(' ');
      return { name, pid: Number(pid) };
    });
  }

  /** The processes of the home whose command line matches. */
  pidsOf(pattern: RegExp): number[] {
    return processes().filter((pid) => {
      const words = commandLine(pid);
      return words.includes(this.home.root) && pattern.test(words);
    });
  }

  keeperOf(agent: Agent): number | undefined {
    return this.pidsOf(new RegExp(`^\\S+/keeper \\S+ ${agent} `))[0];
  }

  tapOf(agent: Agent): number | undefined {
    return this.pidsOf(new RegExp(`^\\S+/tap \\S+ ${agent} `))[0];
  }

  /** The tmux server. */
  tmux(): number | undefined {
    return this.pidsOf(/^\S+ .*\/tmux\.sock -f /)[0];
  }

  /** The sockets in its runtime folder. */
  sockets(): string[] {
    const folder = this.home.path('state/run');
    if (!existsSync(folder)) return [];
    const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort();
    return names.map((name) => join(folder, name)).filter(isSocket);
  }

  limitHost(descriptors = DESCRIPTORS): void {
    if (this.host?.process.exitCode !== null) return;
    const pid = `${this.host.process.pid}`;
    execFileSync('prlimit', ['--pid', pid, `--nofile=${descriptors}:`]);
  }

  async startHost(): Promise<void> {
    this.host ??= await this.home.host();
  }

  async startGateway(): Promise<void> {
    this.gateway ??= await this.home.gateway();
  }

  /** Ends the host, which is away until it is started. */
  async endHost(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    const { host } = this;
    this.host = undefined;
    host?.process.kill(signal);
    const ended = await host?.ended;
    if (signal === 'SIGTERM' && ended !== undefined) expect(ended.code, ended.stderr).toBe(0);
  }

  /** Starts a host beside the one that runs. */
  async secondHostIsRefused(): Promise<void> {
    if (this.host === undefined) return;
    const refused = await this.home.run(['host']);
    expect(refused.code, refused.stderr).toBe(1);
    expect(refused.stderr).toContain('another triad runs the sessions of this home already');
  }

  /** Kills the gateway, which can say goodbye to nobody then. */
  async killGateway(): Promise<void> {
    const { gateway } = this;
    if (gateway === undefined) return;
    this.gateway = undefined;
    this.killedGateways.add(gateway);
    gateway.process.kill('SIGKILL');
    await gateway.ended;
    await this.startGateway();
  }

  /** Ends what the faults have left, and waits until everybody is served as before. */
  async isWhole(): Promise<void> {
    this.#expectNoneEnded();
    this.limitHost();
    await this.startHost();
    await this.startGateway();
    await eventually(
      'the triad is well',
      async () => (await this.#isWell()) && this.#areSocketsThere(),
      NOTHING,
      LIMIT_MS,
    );
    for (const name of ['dora', 'olga'] as const) await this.#isServed(name);
    this.#sockets ??= this.sockets();
  }

  /** Types a line as the driver, which an agent has to hear, and the observer to see. */
  async driverIsHeard(): Promise<void> {
    const sentence = `said-${this.#sentences++}`;
    const { terminal } = this.#person('dora');
    terminal.type(`${sentence}\r`);
    const isHeard = () => this.typed().filter((row) => row.endsWith(` ${sentence}`)).length === 1;
    await eventually('the driver is heard', isHeard, NOTHING, LIMIT_MS);
    const watching = this.#person('olga').terminal;
    const isSeen = () => watching.text.includes(`heard ${sentence}`);
    await eventually('the observer sees it', isSeen, NOTHING, LIMIT_MS);
  }

  /** What the observer tries to type; each begins with `OLGA`. */
  observerTypes(): void {
    this.people.get('olga')?.terminal.type('OLGA\r');
  }

  /** Lines that agents read, with the name of the agent before them. */
  typed(): string[] {
    return this.#rows('typed');
  }

  twice(): string[] {
    return this.#rows('twice');
  }

  /** Runs of an agent that live, whatever knows of them. */
  runsOf(agent: Agent): number[] {
    return this.pidsOf(new RegExp(`counting-agent.sh ${agent} `)).filter(isAlive);
  }

  /** Every line of a record, also of the files that were moved aside. */
  record(name: 'events.jsonl' | 'audit.jsonl'): Line[] {
    const files = readdirSync(this.home.path('state')).filter((file) => file.startsWith(name));
    return files
      .filter((file) => !file.endsWith('.marks'))
      .flatMap((file) => this.home.lines(`state/${file}`));
  }

  /** All that helps to understand a failure. */
  report(): string {
    const logs = ['host.log', 'triad.log', 'errors'].map((file) => {
      const path = this.home.path(file === 'errors' ? file : `state/${file}`);
      return existsSync(path) ? `${file}:\n${readFileSync(path, 'utf8').slice(-6000)}` : '';
    });
    const screens = [...this.people].map(([name, { terminal }]) => `${name}:\n${terminal.text}`);
    const events = this.record('events.jsonl').map((line) => JSON.stringify(line));
    const own = ['starts', 'typed', 'twice'].map(
      (file) => `${file}: ${this.#rows(file).join(', ')}`,
    );
    return [...screens, ...own, ...logs, ...events].join('\n');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { terminal } of this.people.values()) await terminal[Symbol.asyncDispose]();
    this.limitHost();
    await this.home[Symbol.asyncDispose]();
  }

  /** A process that ended without that anybody asked for it has failed. */
  #expectNoneEnded(): void {
    for (const running of [this.host, this.gateway]) {
      const { exitCode, signalCode } = running?.process ?? { exitCode: null, signalCode: null };
      if (exitCode === null && signalCode === null) continue;
      throw new Error(`ended by itself (${exitCode ?? signalCode}): ${running?.stderr()}`);
    }
  }

  /** Nothing is wrong, and the agents run. */
  async #isWell(): Promise<boolean> {
    this.#expectNoneEnded();
    const status = await this.home.status().catch(() => undefined);
    const [session] = status?.sessions ?? [];
    if (status === undefined || session === undefined) return false;
    if (session.problems.length + status.gateway.problems.length > 0) return false;
    return session.panes.every(({ name, state, pid }) => {
      return state === 'running' && pid === this.pidOf(name) && isAlive(pid);
    });
  }

  #areSocketsThere(): boolean {
    return this.#sockets === undefined || this.sockets().join() === this.#sockets.join();
  }

  /** Attaches anew who was let go of, in words; all others have to be back by themselves. */
  async #isServed(name: 'dora' | 'olga'): Promise<void> {
    const person = this.people.get(name);
    const hasEnded = person !== undefined && (await hasExited(person.terminal));
    if (hasEnded) {
      const isTold = /^triad: /m.test(person.terminal.text);
      if (!isTold && !this.killedGateways.has(person.gateway)) {
        throw new Error(`${name} was told nothing: ${person.terminal.text}`);
      }
      await person.terminal[Symbol.asyncDispose]();
    }
    if (person === undefined || hasEnded) await this.#attach(name);
    await this.#seesCounting(name);
  }

  async #attach(name: 'dora' | 'olga'): Promise<void> {
    await this.startGateway();
    const { gateway } = this;
    if (gateway === undefined) throw new Error('no gateway');
    const target = { port: gateway.port, keyPath: this.home.keyOf(name) };
    this.people.set(name, { terminal: Terminal.ssh(target), gateway });
  }

  /** Waits until each agent counts on before somebody's eyes. */
  async #seesCounting(name: 'dora' | 'olga'): Promise<void> {
    const { terminal } = this.#person(name);
    const before = countsOn(terminal.text);
    const isCounting = () => {
      const now = countsOn(terminal.text);
      return AGENT_NAMES.every((agent) => now[agent] !== 0 && now[agent] !== before[agent]);
    };
    await eventually(`${name} sees the agents`, isCounting, NOTHING, LIMIT_MS);
  }

  #person(name: 'dora' | 'olga'): Person {
    const person = this.people.get(name);
    if (person === undefined) throw new Error(`${name} is not attached`);
    return person;
  }

  #rows(name: string): string[] {
    const path = this.home.path(name);
    if (!existsSync(path)) return [];
    return readFileSync(path, 'utf8')
      .split('\n')
      .filter((row) => row !== '');
  }
}

function plan(root: string): string {
  const panes = Object.entries(AGENTS).map(([name, kind]) => ({
    name,
    command: ['bash', AGENT, name, kind, root],
    backoff: { first: '100ms', factor: 1 },
    crashLimit: 'none',
    stop: { grace: '300ms' },
    logFile: true,
  }));
  return JSON.stringify({ sessions: [{ name: 'pair', layout: 'even-vertical', panes }] });
}

/** The newest number of each agent that is seen; 0 where none is. */
function countsOn(text: string): Record<Agent, number> {
  const count = (agent: Agent) =>
    Number([...text.matchAll(new RegExp(`^${agent} (\\d+)$`, 'gm'))].at(-1)?.[1] ?? 0);
  return { mild: count('mild'), deaf: count('deaf'), stubborn: count('stubborn') };
}

function isSocket(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isSocket() ?? false;
}

/** Whether the program has ended; then the screen shows all that came. */
async function hasExited(terminal: Terminal): Promise<boolean> {
  const exit = await Promise.race([terminal.process.exited, Promise.resolve(undefined)]);
  if (exit !== undefined) await terminal.status();
  return exit !== undefined;
}

function processes(): number[] {
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => pid > 0);
}

function commandLine(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
  } catch {
    return '';
  }
}
