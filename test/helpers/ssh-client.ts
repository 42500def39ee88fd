import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';

/** Where a stock OpenSSH client connects, and with what. */
export interface SshTarget {
  readonly port: number;
  /** Defaults to 127.0.0.1. */
  readonly host?: string;
  /** The SSH user name; defaults to `pair`. */
  readonly login?: string;
  readonly keyPath: string;
  /** A known_hosts file; without one any host key will do. */
  readonly knownHosts?: string;
}

export interface SshResult {
  /** Exit status; null when a signal ended the client. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The arguments of a `ssh` that reads no configuration, no agent and nobody's keys but `keyPath`. */
export function sshArguments(target: SshTarget, options: readonly string[] = []): string[] {
  const { port, host = '127.0.0.1', login = 'pair', keyPath, knownHosts } = target;
  const known = knownHosts ?? '/dev/null';
  const strict = knownHosts === undefined ? 'no' : 'yes';
  return [
    ...['-F', '/dev/null', '-p', String(port), '-i', keyPath, '-l', login],
    ...['BatchMode=yes', 'IdentitiesOnly=yes', 'IdentityAgent=none', 'LogLevel=INFO']
      .concat(`UserKnownHostsFile=${known}`, 'GlobalKnownHostsFile=/dev/null')
      .concat(`StrictHostKeyChecking=${strict}`, 'UpdateHostKeys=no', 'ConnectTimeout=30')
      .flatMap((option) => ['-o', option]),
    ...options,
    host,
  ];
}

/** A running `ssh`, and what it has printed so far. */
export class SshClient implements AsyncDisposable {
  readonly process: ChildProcessWithoutNullStreams;
  readonly ended: Promise<SshResult>;
  #stdout = '';
  #stderr = '';
  #changed: () => void = () => undefined;

  /** @param argv what comes after `ssh`; @param program which `ssh` */
  constructor(argv: readonly string[], program = 'ssh') {
    this.process = spawn(program, argv, { stdio: 'pipe' });
    this.process.stdin.on('error', () => undefined);
    this.process.stdout.on('data', (bytes: Buffer) => {
      this.#stdout += bytes.toString('latin1');
      this.#changed();
    });
    this.process.stderr.on('data', (bytes: Buffer) => {
      this.#stderr += bytes.toString();
      this.#changed();
    });
    this.ended = once(this.process, 'close').then(([code]) => ({
      code: code as number | null,
      stdout: this.#stdout,
      stderr: this.#stderr,
    }));
    void this.ended.then(() => this.#changed());
  }

  get stdout(): string {
    return this.#stdout;
  }

  get stderr(): string {
    return this.#stderr;
  }

  type(text: string): void {
    this.process.stdin.write(text);
  }

  /** Waits until standard output contains `text`; fails with all of it after `limitMs`. */
  async sees(text: string, limitMs = 30_000): Promise<void> {
    const started = Date.now();
    while (!this.#stdout.includes(text)) {
      const leftMs = started + limitMs - Date.now();
      if (leftMs <= 0 || this.process.exitCode !== null) {
        throw new Error(`ssh never showed ${JSON.stringify(text)}: ${this.#stdout}${this.#stderr}`);
      }
      await this.#nextChange(leftMs);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.process.kill('SIGCONT');
    this.process.kill('SIGKILL');
    await this.ended;
  }

  #nextChange(limitMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, limitMs);
      this.#changed = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}

export interface SshRun {
  readonly options?: readonly string[];
  readonly command?: readonly string[];
  readonly input?: string | Buffer;
  /** Which `ssh`; defaults to the system's own. */
  readonly program?: string;
}

/** Runs `ssh` to its end, with `input` as its whole standard input. */
export async function runSsh(target: SshTarget, parts: SshRun = {}): Promise<SshResult> {
  const { options = [], command = [], input = '', program } = parts;
  await using client = new SshClient([...sshArguments(target, options), ...command], program);
  client.process.stdin.end(input);
  return await client.ended;
}
