import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { UnavailableError } from '../../base/errors.js';
import type { Part } from '../../base/part.js';
import {
  continueStopped,
  isLiving,
  livesOn,
  processFacts,
  signalProcess,
} from '../../base/process-scan.js';
import type { Logger } from '../../log/logger.js';
import type { TmuxServer } from '../tmux/tmux-server.js';

/** How long a server may take to make its socket again: it does so at once. */
const SOCKET_LIMIT_MS = 5_000;
const RETRY_MS = 20;
const END_LIMIT_MS = 500;

export interface ServerProcessOptions {
  readonly server: TmuxServer;
  /** The file in which its process id is noted for the next manager. */
  readonly path: string;
  readonly log: Logger;
  /** Searches for the process where its socket and the note are gone. */
  readonly find: () => Promise<number | undefined>;
}

/**
 * The process of a session's tmux server. It lives on where its socket was deleted, and then must make it
 * again (tmux(1) -L, SIGUSR1): a second server beside it would run every command twice.
 */
export class ServerProcess implements Part {
  readonly name = 'tmux server';
  readonly #options: ServerProcessOptions;
  /** The text of the note, even where somebody has removed the file. */
  #note: string | undefined;

  constructor(options: ServerProcessOptions) {
    this.#options = options;
  }

  /** Notes which process the server is. */
  remember(pid: number): void {
    try {
      const startedAt = processFacts(pid)?.startedAt;
      if (startedAt === undefined) return;
      this.#note = `${pid} ${startedAt}`;
      this.#write(this.#note);
    } catch (error) {
      // A missing note misleads nobody: as a watched part it is told, and written once that is possible.
      this.#options.log.warn({ error }, 'process of tmux not noted down');
    }
  }

  findFault(): string | undefined {
    const { pid } = this;
    if (pid === undefined) return undefined;
    if (processFacts(pid)?.state === 'T') return 'was stopped';
    return this.#note === undefined || this.#written() === this.#note
      ? undefined
      : 'is not noted down';
  }

  /** Continues a stopped server, and writes the note again. */
  async makeAgain(): Promise<void> {
    continueStopped(this.pid ?? 0);
    if (this.#note !== undefined) this.#write(this.#note);
  }

  /**
   * Ends the server with all its panes, also where its socket was deleted.
   *
   * @throws TmuxError when there is no note of its process, and tmux cannot be asked.
   */
  async end(): Promise<void> {
    const { pid } = this;
    if (pid === undefined) await this.#options.server.run(['kill-server']);
    else await endServers([pid]);
    this.#forget();
  }

  /** The process id in the note; null where there is none. */
  get notedPid(): number | null {
    return Number.parseInt(this.#noted(), 10) || null;
  }

  /** The process id of the server while it lives. @throws UnavailableError where that cannot be asked. */
  get pid(): number | undefined {
    const [text = '', startedAt = ''] = this.#noted().split(' ');
    const pid = Number(text);
    return livesOn({ pid, startedAt }) ? pid : undefined;
  }

  /** Why a session that should be on the server is not, in words for people. */
  get loss(): string {
    return this.pid === undefined ? 'the tmux server is gone' : 'the session was ended inside tmux';
  }

  /**
   * Has a living server make its socket again where that is gone; does nothing otherwise.
   *
   * @throws UnavailableError when it lives and does not answer: what runs on it is not known.
   */
  async keepSocket(): Promise<void> {
    const { server, log } = this.#options;
    const { pid: noted } = this;
    if (noted !== undefined && continueStopped(noted)) {
      log.warn({ pid: noted }, 'tmux was stopped, continued');
    }
    // A folder that is gone, too, is made again by its owner first.
    if (existsSync(server.socketPath) || !existsSync(dirname(server.socketPath))) return;
    const pid = noted ?? (await this.#options.find());
    if (pid !== undefined) this.remember(pid);
    if (pid === undefined || !signalProcess(pid, 'SIGUSR1')) return;
    const giveUpAt = performance.now() + SOCKET_LIMIT_MS;
    while (!(await server.isRunning()) && this.pid !== undefined) {
      if (performance.now() > giveUpAt) throw new UnavailableError(`tmux (${pid}) does not answer`);
      await delay(RETRY_MS);
    }
    log.warn({ pid }, 'socket of tmux was deleted, made again');
  }

  /** Writes the note by a rename, so that a full disk never loses the one that is there. */
  #write(note: string): void {
    const { path } = this.#options;
    if (this.#written() === note) return;
    const temporary = `${path}.new`;
    try {
      writeFileSync(temporary, `${note}\n`, { mode: 0o600 });
      renameSync(temporary, path);
    } catch (error) {
      rmSync(temporary, { force: true });
      throw error;
    }
  }

  #forget(): void {
    this.#note = undefined;
    rmSync(this.#options.path, { force: true });
  }

  #noted(): string {
    return this.#note ?? this.#written();
  }

  #written(): string {
    try {
      return readFileSync(this.#options.path, 'utf8').trim();
    } catch {
      return '';
    }
  }
}

/** Ends tmux servers with all their panes, by SIGTERM: it does what kill-server does, without a socket. */
export async function endServers(pids: Iterable<number>): Promise<void> {
  const living = [...pids].map(processFacts).filter(isLiving);
  for (const { pid } of living) signalProcess(pid, 'SIGTERM');
  const giveUpAt = performance.now() + END_LIMIT_MS;
  while (living.some(livesOn) && performance.now() < giveUpAt) await delay(RETRY_MS);
  // A tmux server waits for ever for a client that does not read.
  for (const { pid } of living.filter(livesOn)) signalProcess(pid, 'SIGKILL');
}
