import type { Clock } from '../../base/clock.js';
import { visible } from '../../base/visible.js';
import type { PaneOutput } from '../tap/pane-output.js';
import { SilenceWatch } from '../tap/silence-watch.js';
import type { InputPlan } from './health-plan.js';

const MAX_QUESTION = 256;
/**
 * Pauses between polls of what a silent command does, doubled each time: each poll reads a few hundred
 * small files, and a shell prompt can stand for weeks.
 */
const FIRST_PAUSE_MS = 5_000;
const LAST_PAUSE_MS = 160_000;

export interface InputWatchOptions {
  readonly plan: InputPlan;
  readonly output: PaneOutput;
  readonly clock: Clock;
  /** Whether the command is blocked in a read of its terminal, as far as the system tells. */
  readonly isReading: () => Promise<boolean>;
  /** `question` is what the command has surely printed of it; empty where nothing surely is. */
  readonly onQuestion: (question: string) => void;
  /** Called when the command asks no more. */
  readonly onAnswer: () => void;
}

/** Notices that a command has put out a question and waits. */
export class InputWatch {
  readonly #options: InputWatchOptions;
  readonly #silence: SilenceWatch;
  #isAsking = false;
  /** Counts the silences, so that a slow poll is not taken for one of a later silence. */
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

  /**
   * Ends the watch; a question that stands is told as answered, and nothing after that. Idempotent.
   */
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
    const isQuestion = [line, output.lastPrinted].some((text) =>
      plan.patterns.some((pattern) => pattern.matches(text)),
    );
    if (isQuestion) this.#ask();
    else if (plan.watchesReads && output.isLineOpen) void this.#poll(FIRST_PAUSE_MS);
  }

  async #poll(pauseMs: number): Promise<void> {
    const silence = this.#silences;
    const isReading = await this.#options.isReading();
    if (this.#isClosed || silence !== this.#silences) return;
    const again = (): void => void this.#poll(Math.min(pauseMs * 2, LAST_PAUSE_MS));
    if (isReading) this.#ask();
    else this.#takeBack = this.#options.clock.after(pauseMs, again);
  }

  /**
   * The question as the command printed it: what people typed behind or over it is no part of it.
   */
  #ask(): void {
    this.#isAsking = true;
    const { lastPrinted } = this.#options.output;
    this.#options.onQuestion(visible(lastPrinted.trim(), MAX_QUESTION));
  }

  #spoke(): void {
    this.#silences += 1;
    this.#takeBack();
    if (!this.#isAsking) return;
    this.#isAsking = false;
    this.#options.onAnswer();
  }
}
