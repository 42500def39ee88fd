import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { UnavailableError } from '../base/errors.js';
import type { Logger } from '../log/logger.js';
import type { TmuxServer } from '../tmux/tmux-server.js';
import { processFacts, signalProcess } from './process-facts.js';

/** A server makes its socket again at once when it is asked to. */
const SOCKET_LIMIT_MS = 5_000;
const RETRY_MS = 20;

export interface ServerProcessOptions {
  readonly server: TmuxServer;
  /** Where its process id is kept for the next manager. */
  readonly path: string;
  readonly log: Logger;
}

/**
 * The process of a session's tmux server. It is alive even where its socket was deleted, and then must
 * make it again: a second server beside it would run every command twice.
 */
export class ServerProcess {
  readonly #options: ServerProcessOptions;

  constructor(options: ServerProcessOptions) {
    this.#options = options;
  }

  /** Notes down which process it is. */
  remember(pid: number): void {
    const startedAt = processFacts(pid)?.startedAt;
    if (startedAt === undefined) return;
    writeFileSync(this.#options.path, `${pid} ${startedAt}\n`, { mode: 0o600 });
  }

  /** It is gone for good, or not ours any more. */
  forget(): void {
    rmSync(this.#options.path, { force: true });
  }

  /** The process id of the server while it lives. */
  get pid(): number | undefined {
    const [pid = '', startedAt] = this.#noted().split(' ');
    const facts = processFacts(Number(pid));
    const isAlive =
      facts !== undefined && facts.startedAt === startedAt && !'ZX'.includes(facts.state);
    return isAlive ? Number(pid) : undefined;
  }

  /**
   * Makes a server that lives make its socket again where that is gone; does nothing otherwise.
   *
   * @throws UnavailableError when it lives and does not: nobody can tell what runs on it.
   */
  async keepSocket(): Promise<void> {
    const { server, log } = this.#options;
    if (existsSync(server.socketPath)) return;
    const { pid } = this;
    if (pid === undefined || !signalProcess(pid, 'SIGUSR1')) return;
    const giveUpAt = performance.now() + SOCKET_LIMIT_MS;
    while (!(await server.isRunning()) && this.pid !== undefined) {
      if (performance.now() > giveUpAt) throw new UnavailableError(`tmux (${pid}) does not answer`);
      await delay(RETRY_MS);
    }
    log.warn({ pid }, 'socket of tmux was deleted, made again');
  }

  #noted(): string {
    try {
      return readFileSync(this.#options.path, 'utf8').trim();
    } catch {
      return '';
    }
  }
}
