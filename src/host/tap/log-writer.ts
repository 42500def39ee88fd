import type { Clock } from '../../base/clock.js';
import { withDeadline } from '../../base/deadline.js';
import { messageOf, systemCode } from '../../base/errors.js';
import { visible } from '../../base/visible.js';
import type { Logger } from '../../log/logger.js';
import { LineReader } from './line-reader.js';
import { LogFile, type LogFileOptions } from './log-file.js';
import type { PaneOutput } from './pane-output.js';
import type { LogFilePlan } from './schema.js';

/** What the log file of a pane has to tell people, without control characters. */
export interface LogFileNews {
  readonly text: string;
  readonly isFailure: boolean;
  readonly code: string | null;
}

export interface LogWriterOptions {
  readonly path: string;
  readonly plan: LogFilePlan;
  readonly output: PaneOutput;
  /** The offset in the output to begin at. */
  readonly from: number;
  readonly clock: Clock;
  readonly log: Logger;
  /** Called once when the file cannot be written, and once when it can be again. */
  readonly onNews: (news: LogFileNews) => void;
  /** Called when `kept` has grown. */
  readonly onKept?: () => void;
  readonly open?: LogFileOptions['open'];
}

const MAX_PIECE_BYTES = 64 * 1024;
/** The pause between two attempts to write a file that could not be written. */
const RETRY_MS = 30_000;
/** How long `close` waits for what is still to be written. */
const CLOSE_LIMIT_MS = 1_000;

/**
 * Copies a pane's output into its log file as fast as the disk takes it: the file says how much the
 * ring dropped meanwhile. A disk that fails costs only the log.
 */
export class LogWriter {
  readonly plan: LogFilePlan;
  readonly #options: LogWriterOptions;
  readonly #stopListening: () => void;
  #reader: LineReader;
  #at: number;
  #kept: number;
  /** What was taken from the ring and is not written yet. */
  #pending: Uint8Array = new Uint8Array(0);
  #file: LogFile | undefined;
  #problem: string | undefined;
  #cancelRetry: (() => void) | undefined;
  #writing: Promise<void> | undefined;
  /** The end of the output when `close` was called: what is behind it is not written. */
  #until = Number.POSITIVE_INFINITY;
  #isClosed = false;

  constructor(options: LogWriterOptions) {
    this.#options = options;
    this.plan = options.plan;
    this.#at = options.from;
    this.#kept = options.from;
    this.#reader = new LineReader(options.from);
    this.#stopListening = options.output.onOutput(() => this.#wake());
    this.#wake();
  }

  /** What is wrong with the file, for people. */
  get problem(): string | undefined {
    return this.#problem;
  }

  /** Offset up to which the output is written, or is lost to this file. */
  get at(): number {
    return this.#at;
  }

  /** Offset up to which the file has the output, as whole lines where it has lines. */
  get kept(): number {
    return this.#kept;
  }

  /**
   * Writes the output there is, for a bounded time, and closes the file. Idempotent.
   *
   * @param goesOn leaves the line that is not ended to the next writer, since the output goes on.
   */
  async close(goesOn = false): Promise<void> {
    if (this.#isClosed) return;
    this.#stopListening();
    this.#cancelRetry?.();
    this.#until = this.#options.output.end;
    this.#isClosed = true;
    try {
      await withDeadline(this.#finish(goesOn), CLOSE_LIMIT_MS, 'the log file of a pane');
    } catch (error) {
      this.#options.log.warn({ error }, 'log file not closed in order');
    }
  }

  async #finish(goesOn: boolean): Promise<void> {
    await this.#writing;
    if (this.#problem === undefined) await this.#writeAll();
    const rest = this.plan.format === 'text' && !goesOn ? this.#reader.open : '';
    if (rest !== '') await this.#file?.write(Buffer.from(`${rest}\n`));
    await this.#file?.close();
  }

  #wake(): void {
    if (this.#isClosed || this.#writing !== undefined || this.#cancelRetry !== undefined) return;
    this.#writing = this.#writeAll().finally(() => {
      this.#writing = undefined;
      // Output that came while the last write ended woke nobody.
      if (this.#options.output.end > this.#at) this.#wake();
    });
  }

  /** Writes all the output there is. Never rejects. */
  async #writeAll(): Promise<void> {
    try {
      while (this.#hasMore()) {
        this.#file ??= await this.#open();
        this.#pending = this.#pending.subarray(await this.#file.write(this.#pending));
        this.#works();
        this.#noteKept();
      }
      this.#noteKept();
    } catch (error) {
      await this.#fails(error);
    }
  }

  /** Notes what the file has now; the tap keeps of a line that does not end at most one piece. */
  #noteKept(): void {
    if (this.#pending.length > 0) return;
    const lineStart = Math.max(this.#reader.openLine.start, this.#at - MAX_PIECE_BYTES);
    const kept = this.plan.format === 'text' ? lineStart : this.#at;
    if (kept <= this.#kept) return;
    this.#kept = kept;
    this.#options.onKept?.();
  }

  /** Whether there is something to write; takes the next piece from the ring once the last is written. */
  #hasMore(): boolean {
    while (this.#pending.length === 0) {
      const maxBytes = Math.min(MAX_PIECE_BYTES, this.plan.maxBytes, this.#until - this.#at);
      if (maxBytes <= 0) return false;
      const page = this.#options.output.read({ at: this.#at }, maxBytes);
      if (page.bytes.length === 0 && page.skipped === 0) return false;
      this.#at = page.next;
      const mark = page.skipped === 0 ? '' : this.#leaveOut(page.skipped, page.next);
      this.#pending = Buffer.concat([Buffer.from(mark), this.#written(page.bytes)]);
    }
    return true;
  }

  #leaveOut(bytes: number, offset: number): string {
    const open = this.plan.format === 'text' ? this.#reader.open : '';
    this.#reader = new LineReader(offset);
    const isOnOwnLine = this.plan.format === 'text' && open === '';
    return `${open}${isOnOwnLine ? '' : '\n'}[triad: ${bytes} bytes left out]\n`;
  }

  #written(bytes: Uint8Array): Uint8Array {
    if (this.plan.format === 'raw') return bytes;
    const lines: string[] = [];
    this.#reader.read(bytes, ({ text }) => lines.push(`${text}\n`));
    return Buffer.from(lines.join(''));
  }

  #open(): Promise<LogFile> {
    const { path, clock, log, open } = this.#options;
    const onNotCompressed = (error: unknown) => log.warn({ error }, 'log file not compressed');
    const optional = open === undefined ? {} : { open };
    return LogFile.open({ path, plan: this.plan, clock, onNotCompressed, ...optional });
  }

  #works(): void {
    if (this.#problem === undefined) return;
    this.#problem = undefined;
    this.#options.log.info('log file written again');
    this.#options.onNews({ text: 'its log file is written again', isFailure: false, code: null });
  }

  async #fails(error: unknown): Promise<void> {
    const file = this.#file;
    this.#file = undefined;
    await file?.close().catch(() => undefined);
    const isNew = this.#problem === undefined;
    // The reason is told without the path, since the gateway must not see paths of the host.
    const reason = visible(messageOf(error).replace(/, .*$/s, ''));
    this.#problem = `its log file cannot be written: ${reason}`;
    if (!this.#isClosed) {
      this.#cancelRetry = this.#options.clock.after(RETRY_MS, () => {
        this.#cancelRetry = undefined;
        this.#wake();
      });
    }
    if (!isNew) return;
    this.#options.log.error({ error }, 'log file cannot be written');
    const code = systemCode(error) ?? null;
    this.#options.onNews({ text: this.#problem, isFailure: true, code });
  }
}
