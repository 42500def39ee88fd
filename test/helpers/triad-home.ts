import { type ChildProcessWithoutNullStreams, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  appendFileSync,
  cpSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inject } from 'vitest';
import { controlSocket } from '../../src/cli/context.js';
import { homeAt } from '../../src/config/home.js';
import { askControl } from '../../src/gateway/control/control-client.js';
import { eventually } from './eventually.js';
import type { Person } from './home-template.js';
import { type KeyPair, makeKeyPair } from './ssh-keys.js';

const PROGRAM = join(import.meta.dirname, '../../dist/cli/main.js');
const READY_LIMIT_MS = 30_000;

/** One pane that shows what is typed into it, for tests that look at bytes. */
export const CAT_TRIAD = `sessions:
  - name: pair
    panes:
      - {name: worker, command: [cat]}
`;

export interface ProgramResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A program of this home that stays, and what it has said so far. */
export interface Running {
  readonly process: ChildProcessWithoutNullStreams;
  /** The line that begins with `ready `. */
  readonly ready: string;
  readonly stderr: () => string;
  readonly ended: Promise<ProgramResult>;
}

/** A running `triad up` or `triad gateway`. */
export interface Up extends Running {
  readonly port: number;
}

export interface HomeOptions {
  /** The text of its `triad.yaml`. */
  readonly triad?: string;
  /** What is added to the environment of every program run in it. */
  readonly env?: Readonly<Record<string, string>>;
  /** Who has which role in every session, besides the first admin. */
  readonly people?: Readonly<Partial<Record<Person, string>>>;
  /** How many files each program may have open (prlimit(1)); as many as the tests where not given. */
  readonly descriptors?: number;
  /**
   * The uid of the home's owner, as whom each program runs (setpriv(1)); that of the tests where
   * not given.
   */
  readonly user?: number;
}

/** A Triad home of its own in a temporary directory; its end ends everything that was started in it. */
export class TriadHome implements AsyncDisposable {
  readonly root = mkdtempSync(join(tmpdir(), 'triad-home-'));
  readonly #ups: Running[] = [];
  readonly #env: Readonly<Record<string, string>>;
  /** The program and what it gets before the arguments of `triad`. */
  readonly #command: readonly string[];

  readonly #isForeign: boolean;

  private constructor({ env = {}, descriptors, user }: HomeOptions) {
    this.#env = env;
    this.#isForeign = user !== undefined;
    const as = user === undefined ? [] : asUser(user);
    const limit = descriptors === undefined ? [] : ['prlimit', `--nofile=${descriptors}`];
    this.#command = [...as, ...limit, process.execPath, PROGRAM];
  }

  /** Makes a home as `triad init` does: a copy of the run's template where there is one. */
  static async make(options: HomeOptions = {}): Promise<TriadHome> {
    const home = new TriadHome(options);
    const template = inject('homeTemplate');
    if (template === undefined) {
      const made = await home.run(['init']);
      if (made.code !== 0) throw new Error(`init failed: ${made.stderr}`);
    } else cpSync(template, home.root, { recursive: true });
    writeFileSync(home.path('config/triad.yaml'), options.triad ?? CAT_TRIAD);
    const people = Object.entries(options.people ?? {}) as [Person, string][];
    for (const [person, role] of people) home.addGrant(person, `role="${role}"`);
    if (options.user !== undefined) execFileSync('chown', ['-R', `${options.user}`, home.root]);
    return home;
  }

  /** A key of the run's template. */
  keyOf(person: Person): string {
    return this.path(`people/${person}`);
  }

  /** Adds a line to `keys/authorized_keys`, as with an editor. */
  addGrant(person: Person, options: string): void {
    const publicLine = this.read(`people/${person}.pub`);
    appendFileSync(this.path('keys/authorized_keys'), `${options} ${publicLine}`);
  }

  /** The first admin's key, which `triad init` made. */
  get adminKey(): string {
    return join(this.root, 'keys/id_ed25519');
  }

  /** What the program's texts call it, for this home. */
  get program(): string {
    return `${join(PROGRAM, '../../../triad')} --home ${this.root}`;
  }

  /** The file that node(1) runs. */
  get main(): string {
    return PROGRAM;
  }

  path(name: string): string {
    return join(this.root, name);
  }

  read(name: string): string {
    return readFileSync(this.path(name), 'utf8');
  }

  /** Objects of a JSON Lines file such as `state/audit.jsonl`. */
  lines(name: string): Record<string, unknown>[] {
    const lines = this.read(name)
      .split('\n')
      .filter((line) => line !== '');
    return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  }

  /** Runs `triad` in this home to its end. */
  async run(args: readonly string[], input = ''): Promise<ProgramResult> {
    const child = this.#spawn(args);
    child.stdin.end(input);
    return collect(child).ended;
  }

  /** Begins a program that stays, such as `triad up`, and does not wait until it is ready. */
  begin(args: readonly string[]): Omit<Running, 'ready'> {
    const child = this.#spawn(args);
    const { stderr, ended } = collect(child);
    return { process: child, stderr, ended };
  }

  /** Starts `triad up` on a port of the system's choice and waits until it is ready. */
  async up(args: readonly string[] = []): Promise<Up> {
    return this.#listening('up', args);
  }

  /** Starts the gateway alone on a port of the system's choice and waits until it is ready. */
  async gateway(args: readonly string[] = []): Promise<Up> {
    return this.#listening('gateway', args);
  }

  /** Starts the host alone and waits until it is ready. */
  async host(): Promise<Running> {
    return this.#start(['host']);
  }

  async #listening(command: 'up' | 'gateway', args: readonly string[]): Promise<Up> {
    const listen = args.includes('--listen') ? [] : ['--listen', '127.0.0.1:0'];
    const running = await this.#start([command, ...listen, ...args]);
    return { ...running, port: Number(/ -p (\d+)/.exec(running.ready)?.[1] ?? 22) };
  }

  async #start(args: readonly string[]): Promise<Running> {
    const what = `triad ${args[0] ?? ''}`;
    const child = this.#spawn(args);
    const output = collect(child);
    let hasEnded = false;
    void output.ended.then(() => {
      hasEnded = true;
    });
    const ready = await eventually(
      `${what} became ready`,
      () => /^ready .*$/m.exec(output.stdout())?.[0] ?? (hasEnded ? 'ended' : undefined),
      () => output.stdout() + output.stderr(),
      READY_LIMIT_MS,
    );
    if (ready === 'ended') throw new Error(`${what} ended: ${output.stderr()}`);
    const running = { process: child, ready, stderr: output.stderr, ended: output.ended };
    this.#ups.push(running);
    return running;
  }

  /** Makes a key and grants it a role by the command line. */
  async grant(name: string, role: string, ...args: string[]): Promise<KeyPair> {
    const key = await makeKeyPair(this.root, name);
    const granted = await this.run([
      'grant',
      name,
      '--role',
      role,
      '--key',
      `${key.path}.pub`,
      ...args,
    ]);
    if (granted.code !== 0) throw new Error(`grant failed: ${granted.stderr}`);
    return key;
  }

  /** The public key blob of somebody of the template. */
  blobOf(person: Person): Buffer {
    const [, base64 = ''] = this.read(`people/${person}.pub`).split(' ');
    return Buffer.from(base64, 'base64');
  }

  /** `triad status --json`, parsed. */
  async status(): Promise<Status> {
    const answer = await this.#ask(['status', '--json']);
    if (answer?.exitCode !== 0) throw new Error(`no status: ${answer?.stderr ?? 'nothing runs'}`);
    return JSON.parse(answer.stdout) as Status;
  }

  /** Who is attached. */
  async who(): Promise<Status['attachments']> {
    const answer = await this.#ask(['who', '--json']);
    return JSON.parse(answer?.stdout ?? '[]') as Status['attachments'];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#endAll();
    for (const up of this.#ups) await up.ended;
    await eventually(
      'nothing of the home runs any more',
      () => processesNaming(this.root).length === 0,
      () => processesNaming(this.root).join('\n'),
    );
    rmSync(this.root, { recursive: true, force: true });
  }

  async #endAll(): Promise<void> {
    if (this.#ups.length === 0 && processesNaming(this.root).length === 0) return;
    const answer = await this.#ask(['down', '--session']).catch(() => undefined);
    if (answer?.exitCode === 0) return;
    // Where no gateway answers, the sessions are ended without it.
    const down = await this.run(['down', '--session']);
    const isUp = this.#ups.some(
      ({ process: up }) => up.exitCode === null && up.signalCode === null,
    );
    if (!isUp || down.code === 0) return;
    for (const up of this.#ups) {
      up.process.kill('SIGKILL');
      await up.ended;
    }
    await this.run(['down', '--session']);
  }

  /** Runs a verb as the program does, but without a program of its own: a hundred times cheaper. */
  async #ask(words: readonly string[]): Promise<Answer | undefined> {
    if (this.#isForeign) {
      const { code, ...texts } = await this.run(words);
      return { exitCode: code, ...texts };
    }
    const root = this.#env['TRIAD_HOME'] ?? this.root;
    return askControl(controlSocket(homeAt(root)), {
      words: [...words],
      program: 'triad',
      files: {},
    });
  }

  #spawn(args: readonly string[]): ChildProcessWithoutNullStreams {
    const env = {
      ...process.env,
      TRIAD_HOME: this.root,
      HOME: this.root,
      NO_COLOR: '1',
      ...this.#env,
    };
    const [command = '', ...before] = this.#command;
    return spawn(command, [...before, ...args], { env, cwd: this.root });
  }
}

interface Answer {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** What comes before a program that another user runs. */
export function asUser(user: number): string[] {
  return ['setpriv', `--reuid=${user}`, '--clear-groups'];
}

/** The command lines in which `text` occurs. */
function processesNaming(text: string): string[] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return pids.map(commandLineOf).filter((line) => line.includes(text));
}

function commandLineOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
  } catch {
    return '';
  }
}

export interface Status {
  readonly sessions: readonly {
    readonly name: string;
    readonly state: string;
    readonly socket: string;
    readonly tmuxVersion: string;
    readonly adopted: boolean;
    readonly problems: readonly string[];
    readonly panes: readonly {
      readonly name: string;
      readonly id: string | null;
      readonly state: string;
      readonly pid: number | null;
      readonly restarts: number;
      readonly question: string | null;
      readonly telemetry: { readonly lastOutputAt: string | null };
      readonly startedAt: string | null;
      readonly lastExit: { status: number | null; signal: string | null; at: string } | null;
    }[];
  }[];
  readonly gateway: {
    listen: string[];
    hostKeys: { type: string; fingerprint: string }[];
    startedAt: string;
    refused: Readonly<Record<string, number>>;
    problems: readonly string[];
    connections: { open: number; max: number; loggedIn: number; guests: number };
  };
  readonly attachments: readonly {
    readonly id: string;
    readonly session: string;
    readonly engineer: string;
    readonly role: string;
    readonly mode: string;
    readonly skippedFrames: number;
    readonly cols: number;
    readonly rows: number;
  }[];
}

function collect(child: ChildProcessWithoutNullStreams) {
  let stdout = '';
  let stderr = '';
  child.stdin.on('error', () => undefined);
  child.stdout.on('data', (bytes: Buffer) => (stdout += bytes.toString()));
  child.stderr.on('data', (bytes: Buffer) => (stderr += bytes.toString()));
  const ended = once(child, 'close').then(([code]) => ({
    code: code as number | null,
    stdout,
    stderr,
  }));
  return { stdout: () => stdout, stderr: () => stderr, ended };
}

/** The first session but for what changes by itself. */
export function lasting(status: Status): object {
  const [session] = status.sessions;
  return { ...session, panes: session?.panes.map((pane) => ({ ...pane, telemetry: null })) };
}
