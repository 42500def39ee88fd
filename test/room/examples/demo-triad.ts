import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

/** The first start of the embedded database takes seconds, and much longer on a busy machine. */
export const START_LIMIT_MS = 120_000;

const POLL_MS = 25;

export type ProgramName = 'engine' | 'worker' | 'state';

/** A directory to start the demo in, removed at the end. */
export async function makeDemoDir(): Promise<{
  path: string;
  [Symbol.asyncDispose]: () => Promise<void>;
}> {
  const path = await mkdtemp(join(tmpdir(), 'demo-'));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

/** One running program of the demo triad, built by `tsc -p examples/demo`. */
export class DemoProgram {
  readonly #child: ChildProcess;
  readonly #exited: Promise<unknown>;
  #output = '';

  constructor(name: ProgramName, cwd: string, env: Readonly<Record<string, string>> = {}) {
    // The database would be compiled a second time, to run faster than anybody here needs.
    const args = ['--liftoff-only', resolve(`examples/demo/dist/${name}.js`)];
    this.#child = spawn(process.execPath, args, {
      cwd,
      env: { PATH: process.env['PATH'], DEMO_PERIOD_MS: '100', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#exited = once(this.#child, 'close');
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.on('data', (bytes: Buffer) => (this.#output += bytes.toString()));
    }
  }

  /** Everything it has printed. */
  get output(): string {
    return this.#output;
  }

  /** Waits until what it prints from `start` on matches; fails with the output. */
  async prints(pattern: RegExp, start = 0): Promise<RegExpExecArray> {
    return until(
      () => pattern.exec(this.#output.slice(start)) ?? undefined,
      () => `${pattern} in:\n${this.#output}`,
    );
  }

  /** @returns the exit status, or the name of the signal that ended it. */
  async ends(): Promise<number | string | null> {
    await this.#exited;
    return this.#child.exitCode ?? this.#child.signalCode;
  }

  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | string | null> {
    this.#child.kill(signal);
    return this.ends();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      await this.stop('SIGKILL');
    }
  }
}

/** Asks again and again until there is an answer; fails after `START_LIMIT_MS` with `describe`. */
export async function until<T>(
  ask: () => T | undefined | Promise<T | undefined>,
  describe: () => string,
): Promise<T> {
  const deadline = performance.now() + START_LIMIT_MS;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    if (performance.now() > deadline) throw new Error(`waited in vain for ${describe()}`);
    await new Promise((resume) => setTimeout(resume, POLL_MS));
  }
}
