import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KeeperConnection } from '../../src/host/keeper/keeper-connection.js';
import type { StartRequest } from '../../src/host/keeper/keeper-protocol.js';
import type { KeeperState } from '../../src/host/keeper/schema.js';
import { eventually } from './eventually.js';
import { getKeeperBinary } from './native-binary.js';
import { TESTED_TMUX } from './tested-tmux.js';

const DEADLINE_MS = 15_000;

/** A tmux server of its own with one pane, whose process is a keeper named `worker`. */
export class KeeperPane implements AsyncDisposable {
  readonly keeperPath = getKeeperBinary().path;
  readonly directory = mkdtempSync(join(tmpdir(), 'triad-pane-'));
  readonly socketPath = join(this.directory, 'worker.sock');
  readonly tmuxSocket = join(this.directory, 'tmux.sock');
  readonly serverPid: number;
  readonly paneId: string;
  readonly keeperPid: number;
  readonly #connections: KeeperConnection[] = [];

  constructor() {
    const size = ['-x', '100', '-y', '30'];
    this.tmux('new-session', '-d', ...size, '-n', 'w', this.keeperPath, this.socketPath, 'worker');
    this.tmux('set-option', '-g', 'remain-on-exit', 'on');
    this.serverPid = Number(this.format('#{pid}'));
    this.paneId = this.format('#{pane_id}');
    this.keeperPid = Number(this.format('#{pane_pid}'));
  }

  tmux(...args: string[]): string {
    const env = { PATH: process.env['PATH'] ?? '', TERM: 'xterm-256color', LANG: 'C.UTF-8' };
    return execFileSync(TESTED_TMUX, ['-S', this.tmuxSocket, '-f', '/dev/null', ...args], {
      env,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  }

  format(format: string): string {
    return this.tmux('display-message', '-p', format).trim();
  }

  /** The text on the pane, with its scrollback. */
  screen(): string {
    return this.tmux('capture-pane', '-p', '-S', '-');
  }

  async connect(): Promise<KeeperConnection> {
    const { socketPath } = this;
    const connection = await KeeperConnection.connect({ socketPath, deadlineMs: DEADLINE_MS });
    this.#connections.push(connection);
    return connection;
  }

  /** Descriptors that the keeper has open. */
  keeperDescriptors(): string[] {
    return readdirSync(`/proc/${this.keeperPid}/fd`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const connection of this.#connections) connection.close();
    if (isAlive(this.serverPid)) process.kill(this.serverPid, 'SIGKILL');
    await eventually('the keeper ended with its terminal', () => !isAlive(this.keeperPid));
    rmSync(this.directory, { recursive: true, force: true });
  }
}

/** Waits until the keeper has told a state that `accept` accepts. */
export async function stateWhere(
  keeper: KeeperConnection,
  accept: (state: KeeperState) => boolean,
): Promise<KeeperState> {
  const told = () => (accept(keeper.state) ? keeper.state : undefined);
  return eventually('the keeper told the state', told, () => JSON.stringify(keeper.state));
}

/** The pid of the command, once it runs. */
export async function runningPid(keeper: KeeperConnection): Promise<number> {
  return eventually('the command runs', () => keeper.state.pid);
}

/** Runs a command to its end and gives the state after it. */
export async function runToEnd(
  keeper: KeeperConnection,
  request: StartRequest,
): Promise<KeeperState> {
  const starts = keeper.state.starts + 1;
  keeper.start(request);
  return stateWhere(keeper, (state) => state.starts === starts && !state.running);
}

/** A request that runs a line of shell. */
export function shell(line: string, env: Record<string, string> = {}): StartRequest {
  return { cwd: '/', env, argv: ['sh', '-c', line] };
}

/** Whether a process is there and not a zombie, which an init may reap late. */
export function isAlive(pid: number): boolean {
  const state = processState(pid);
  return state !== undefined && !'ZX'.includes(state);
}

/** `R`, `S`, `T`, `Z`, … as in proc(5); undefined when there is no such process. */
export function processState(pid: number): string | undefined {
  try {
    return /^\d+ \(.*\) (\w)/s.exec(readFileSync(`/proc/${pid}/stat`, 'latin1'))?.[1];
  } catch {
    return undefined;
  }
}
