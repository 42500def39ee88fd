import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SYSTEM_CLOCK } from '../../src/base/clock.js';
import type { NewHostEvent } from '../../src/base/host-event.js';
import { paneName, sessionName } from '../../src/base/ids.js';
import { ProcessTable } from '../../src/host/tap/process-table.js';
import { SessionTaps, type SessionTapsOptions } from '../../src/host/tap/session-taps.js';
import { openLogger } from '../../src/log/logger.js';
import { getTapBinary, type NativeBinary } from './native-binary.js';
import { PrivateTmux, type PrivateTmuxOptions } from './private-tmux.js';

export const WORKER = paneName('worker');

/** A log that nobody reads. */
export const NO_LOG = openLogger({ level: 'error', destination: { write: () => undefined } });

/** A pane of a tmux of its own, and the taps of its session in a folder with an awkward name. */
export class TappedTmux implements AsyncDisposable {
  readonly tmux: PrivateTmux;
  readonly events: NewHostEvent[] = [];
  readonly directory: string;
  readonly #tap: NativeBinary;
  readonly #more: Partial<SessionTapsOptions>;
  #taps: SessionTaps | undefined;

  private constructor(tmux: PrivateTmux, tap: NativeBinary, more: Partial<SessionTapsOptions>) {
    this.tmux = tmux;
    this.#tap = tap;
    this.#more = more;
    this.directory = join(mkdtempSync(join(tmpdir(), 'triad-taps-')), "it's #[1] 100%d #{x}$(id)");
    mkdirSync(this.directory, { mode: 0o700 });
  }

  /** @param more options of the taps other than the usual ones. */
  static async start(
    options: PrivateTmuxOptions,
    more: Partial<SessionTapsOptions> = {},
  ): Promise<TappedTmux> {
    const tapped = new TappedTmux(await PrivateTmux.start(options), getTapBinary(), more);
    await tapped.listen();
    return tapped;
  }

  get taps(): SessionTaps {
    if (this.#taps === undefined) throw new Error('the taps are closed');
    return this.#taps;
  }

  get logPath(): string {
    return join(this.directory, 'logs', 'pair', 'worker.log');
  }

  async listen(): Promise<void> {
    this.#taps = new SessionTaps({
      ...{ session: sessionName('pair'), directory: this.directory, tapPath: this.#tap.path },
      logDirectory: join(this.directory, 'logs', 'pair'),
      processes: new ProcessTable({ clock: SYSTEM_CLOCK }),
      clock: SYSTEM_CLOCK,
      log: NO_LOG,
      record: (event) => this.events.push(event),
      ...this.#more,
    });
    await this.#taps.listen();
  }

  /** Has tmux pipe what the pane puts out from now on. */
  async tap(): Promise<void> {
    const command = this.taps.pipeCommand(WORKER, '#{pane_tty}');
    await this.tmux.ask('pipe-pane', '-t', this.tmux.pane, command);
  }

  async closeTaps(): Promise<void> {
    await this.#taps?.close();
    this.#taps = undefined;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.closeTaps();
    await this.tmux[Symbol.asyncDispose]();
    rmSync(join(this.directory, '..'), { recursive: true, force: true });
  }
}
