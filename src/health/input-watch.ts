import type { Clock } from '../base/clock.js';
import { visible } from '../base/visible.js';
import type { PaneOutput } from '../tap/pane-output.js';
import { SilenceWatch } from '../tap/silence-watch.js';
import type { InputPlan } from './health-plan.js';

const MAX_QUESTION = 256;
/** Between two looks at what a silent command does: each reads a few hundred small files. */
const LOOK_INTERVAL_MS = 5000;

export interface InputWatchOptions {
  readonly plan: InputPlan;
  readonly output: PaneOutput;
  readonly clock: Clock;
  /** Whether the command is blocked in a read of its terminal, as far as the system tells. */
  readonly isReading: () => Promise<boolean>;
  readonly onQuestion: (question: string) => void;
  /** It asks no more. */
  readonly onAnswer: () => void;
}

/** Notices that a command has put out a question and waits. */
export class InputWatch {
  readonly #options: InputWatchOptions;
  readonly #silence: SilenceWatch;
  #isAsking = false;
  /** Counts the silences, so that a look that took long is not told of a later one. */
  #silences = 0;
  #isClosed = false;
  #takeBack: () => void = () => undefined;

  constructor(options: InputWatchOptions) {
    this.#options = options;
    const { output, clock, plan } = options;
    this.#silence = new SilenceWatch({
      ...{ output, clock, limitMs: plan.silenceMs },
      onSilence: () => this.#fellSilent(),
      onOutput: () => this.#spoke(),
    });
  }

  /** Whoever asked does not any more; nothing is told after that. Idempotent. */
  close(): void {
    this.#isClosed = true;
    this.#silence.close();
    this.#spoke();
  }

  #fellSilent(): void {
    const { plan, output } = this.#options;
    this.#silences += 1;
    const line = output.lastLine;
    if (line.trim() === '') return;
    if (plan.patterns.some((pattern) => pattern.matches(line))) this.#ask(line);
    else if (plan.watchesReads && output.isLineOpen) void this.#look(line, this.#silences);
  }

  async #look(line: string, silence: number): Promise<void> {
    const isReading = await this.#options.isReading();
    if (this.#isClosed || silence !== this.#silences) return;
    const again = (): void => void this.#look(line, silence);
    if (isReading) this.#ask(line);
    else this.#takeBack = this.#options.clock.after(LOOK_INTERVAL_MS, again);
  }

  #ask(line: string): void {
    this.#isAsking = true;
    this.#options.onQuestion(visible(line.trim(), MAX_QUESTION));
  }

  #spoke(): void {
    this.#silences += 1;
    this.#takeBack();
    if (!this.#isAsking) return;
    this.#isAsking = false;
    this.#options.onAnswer();
  }
}
