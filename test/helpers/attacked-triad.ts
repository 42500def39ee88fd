import { readFileSync, writeFileSync } from 'node:fs';
import { withDeadline } from '../../src/base/deadline.js';
import { eventually } from './eventually.js';
import type { Person } from './home-template.js';
import { RawSshClient } from './raw-ssh-client.js';
import { runSsh, type SshTarget } from './ssh-client.js';
import { type HomeOptions, TriadHome, type Up } from './triad-home.js';

/**
 * Growth that is allowed: more than garbage makes, much less than what any of the attacks once
 * cost.
 */
const MAX_GROWTH_KB = 32 * 1024;
/** "Within a second", with what a machine that is busy with other tests may add. */
const ENTRY_LIMIT_MS = 15_000;
const LOG = 'state/triad.log';
const WARM_UP_LOGINS = 10;

/** What a test knows about how the gateway meets its attack. */
export interface Expectation {
  /** Why the gateway says it ended a connection of the attacker's. */
  readonly reason: RegExp;
}

/** A `triad up` of its own, for attackers; `dora` drives its session, `olga` watches it. */
export class AttackedTriad implements AsyncDisposable {
  readonly home: TriadHome;
  readonly up: Up;

  private constructor(home: TriadHome, up: Up) {
    this.home = home;
    this.up = up;
  }

  /** @param gateway the text of its `gateway.yaml` */
  static async start(options: HomeOptions = {}, gateway = '{}\n'): Promise<AttackedTriad> {
    const people = { dora: 'driver', olga: 'observer' };
    // Little room for garbage: what grows is then held, not just not collected yet.
    const heap = '--max-semi-space-size=1 --max-old-space-size=48';
    const env = { NODE_OPTIONS: heap, MALLOC_ARENA_MAX: '2' };
    const home = await TriadHome.make({ people, env, ...options });
    try {
      writeFileSync(home.path('config/gateway.yaml'), gateway);
      const triad = new AttackedTriad(home, await home.up());
      await triad.#warmUp();
      return triad;
    } catch (error) {
      await home[Symbol.asyncDispose]();
      throw error;
    }
  }

  get port(): number {
    return this.up.port;
  }

  /** The public key blob of somebody whom the gateway knows. */
  blobOf(person: Person): Buffer {
    return this.home.blobOf(person);
  }

  /** A client after the key exchange. */
  async connect(): Promise<RawSshClient> {
    return await RawSshClient.connect(this.port);
  }

  /** A client that has proven to be `person`. */
  async logIn(person: Person = 'dora'): Promise<RawSshClient> {
    const raw = await this.connect();
    await raw.logIn(this.home.keyOf(person), this.blobOf(person));
    return raw;
  }

  /**
   * Lets `attack` happen, and checks what must hold after each: the same process is alive and never
   * held 32 MB more than before, somebody else gets in, and the log tells what happened in clean text.
   */
  async withstands(attack: () => Promise<void>, expected: Expectation): Promise<void> {
    this.#isAlive();
    const rssBefore = this.#memory('VmRSS');
    const logBefore = this.home.read(LOG).length;
    // proc(5): the peak starts again from here.
    writeFileSync(`/proc/${this.up.process.pid}/clear_refs`, '5');
    await attack();
    this.#isAlive();
    await this.#letsOthersIn();
    const grownKb = this.#memory('VmHWM') - rssBefore;
    if (grownKb > MAX_GROWTH_KB) throw new Error(`the gateway grew by ${grownKb} KB`);
    const told = () => this.home.read(LOG).slice(logBefore);
    await eventually(`${expected.reason} in the log`, () => tells(told(), expected.reason), told);
  }

  /** The last lines of the log, for the message of a failure. */
  lastLines(): string {
    return this.home.read(LOG).split('\n').slice(-15).join('\n');
  }

  /** Whether the log tells that some connection ended for `reason`. */
  hasEnded(reason: string): boolean {
    return this.home.read(LOG).includes(`"reason":${JSON.stringify(reason)}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.home[Symbol.asyncDispose]();
  }

  get #neighbour(): SshTarget {
    return { port: this.port, keyPath: this.home.adminKey };
  }

  async #warmUp(): Promise<void> {
    for (let count = 0; count < WARM_UP_LOGINS; count += 1) {
      await using raw = await this.logIn();
      await raw.openSession();
    }
    await this.#letsOthersIn();
  }

  async #letsOthersIn(): Promise<void> {
    const entry = runSsh(this.#neighbour, { command: ['who'] });
    const { code, stderr } = await withDeadline(entry, ENTRY_LIMIT_MS, 'a legitimate client');
    if (code !== 0) throw new Error(`a legitimate client was kept out: ${stderr}`);
  }

  #isAlive(): void {
    const { exitCode, signalCode } = this.up.process;
    if (exitCode === null && signalCode === null) return;
    throw new Error(`the gateway ended (${exitCode ?? signalCode}): ${this.up.stderr()}`);
  }

  #memory(field: 'VmRSS' | 'VmHWM'): number {
    const status = readFileSync(`/proc/${this.up.process.pid}/status`, 'utf8');
    return Number(new RegExp(`${field}:\\s+(\\d+)`).exec(status)?.[1]);
  }
}

/**
 * Whether a line says that a connection was closed for `reason`.
 *
 * @throws Error for anything that is no line of JSON without control characters, or an error.
 */
function tells(text: string, reason: RegExp): boolean {
  const lines = text.split('\n').slice(0, -1);
  const unclean = lines.find((line) => /[^\P{C}]/u.test(line));
  if (unclean !== undefined) throw new Error(`not clean: ${JSON.stringify(unclean)}`);
  const entries = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  const failed = entries.find(({ level }) => level === 'error');
  if (failed !== undefined) throw new Error(`logged as an error: ${JSON.stringify(failed)}`);
  return entries.some((entry) => {
    return entry['msg'] === 'connection closed' && reason.test(String(entry['reason']));
  });
}
