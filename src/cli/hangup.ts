import { fstatSync } from 'node:fs';
import { isatty } from 'node:tty';
import { SYSTEM_CLOCK } from '../base/clock.js';
import { ConfigurationError } from '../base/errors.js';
import { SpacedWork } from '../base/spaced-work.js';
import type { Logger } from '../log/logger.js';
import { type Output, tellError } from './output.js';

/** Any driver can have us sent a SIGHUP (tmux's `detach-client -P`), as often as they like. */
const RELOAD_PAUSE_MS = 5_000;
/** A shell that ends sends one, and so does the kernel (setsid(2), a session's leader that ends). */
const HANGUP_MS = 2_000;

interface Reloadable {
  readonly log: Logger;
  /** undefined where there is no triad.yaml to read. */
  readonly reload: (() => Promise<unknown>) | undefined;
}

/**
 * SIGHUP: where our terminal has gone we go on without it, as if started with `--detach`; else triad.yaml is read
 * again, as other services do. Made before a start, which a hang-up must not end either.
 */
export class Hangups {
  #hadTerminal = !isTerminalGone();
  #goneAt = Number.NEGATIVE_INFINITY;
  #onReload: () => void = () => undefined;
  #onGone: () => void = () => undefined;

  constructor() {
    process.on('SIGHUP', () => this.#take());
  }

  /** Applies each SIGHUP from now on. @returns a function after which they do nothing any more. */
  serve({ log, reload }: Reloadable, output: Output): () => void {
    const work = async () => {
      try {
        await reload?.();
        log.info('triad.yaml read again after SIGHUP');
      } catch (error) {
        const problems =
          error instanceof ConfigurationError ? { problems: error.problems } : { error };
        log.error(problems, 'triad.yaml not applied after SIGHUP');
        tellError(output, error);
      }
    };
    const reloads = new SpacedWork({ pauseMs: RELOAD_PAUSE_MS, work, clock: SYSTEM_CLOCK });
    if (reload !== undefined) this.#onReload = () => reloads.ask();
    this.#onGone = () => log.info('terminal closed, going on without it');
    if (!this.#hadTerminal) this.#onGone();
    return () => {
      this.#onReload = () => undefined;
      reloads.close();
    };
  }

  #take(): void {
    const now = performance.now();
    if (this.#hadTerminal && isTerminalGone()) {
      this.#hadTerminal = false;
      this.#goneAt = now;
      this.#onGone();
    } else if (now - this.#goneAt > HANGUP_MS) this.#onReload();
  }
}

/** Whether we were started on a terminal that has hung up since. */
function isTerminalGone(): boolean {
  try {
    return [0, 1, 2].some(
      (fd) =>
        fstatSync(fd).isCharacterDevice() && fstatSync(fd).rdev !== NULL_DEVICE && !isatty(fd),
    );
  } catch {
    return true;
  }
}

/** null(4): major 1, minor 3. */
const NULL_DEVICE = 0x103;
