import type { PaneId } from '../../base/ids.js';
import type { Logger } from '../../log/logger.js';
import type { PaneProgram } from '../plan/session-plan.js';
import type { ControlConnection } from '../tmux/control-connection.js';
import { TmuxError } from '../tmux/tmux-server.js';
import { writeMemory } from './pane-memory.js';
import type { PaneMemory } from './schema.js';
import { programMark } from './session-builder.js';

export interface PaneMarksOptions {
  readonly log: Logger;
  /** Throws while tmux cannot be asked. */
  readonly getControl: () => ControlConnection;
}

/** Keeps what the next manager must know of a pane in tmux, in user options, which live as long as it. */
export class PaneMarks {
  readonly #options: PaneMarksOptions;
  /** The newest value of each pane and option, until tmux has answered. */
  readonly #unanswered = new Map<string, Mark>();

  constructor(options: PaneMarksOptions) {
    this.#options = options;
  }

  /** Keeps a pane's memory for the next manager. */
  remember(id: PaneId | null, memory: PaneMemory): void {
    this.#set(id, '@triad_memory', writeMemory(memory));
  }

  /** Keeps the mark of the program that is being started. */
  starting(id: PaneId | null, program: PaneProgram | undefined): void {
    if (program !== undefined) this.#set(id, '@triad_program', programMark(program));
  }

  /** Sets what tmux did not answer once more, since it can be asked again. */
  again(): void {
    for (const mark of [...this.#unanswered.values()]) this.#write(mark);
  }

  /** Forgets unanswered values, since the panes of another session may have the same ids. */
  forget(): void {
    this.#unanswered.clear();
  }

  #set(id: PaneId | null, option: string, value: string): void {
    if (id !== null) this.#write({ id, option, value });
  }

  #write(mark: Mark): void {
    const { id, option, value } = mark;
    const { getControl, log } = this.#options;
    const key = `${id} ${option}`;
    const answered = () => {
      if (this.#unanswered.get(key) === mark) this.#unanswered.delete(key);
    };
    this.#unanswered.set(key, mark);
    const asked = async () => getControl().ask('set-option', ['-p', '-t', id, option, value]);
    void asked().then(answered, (error: unknown) => {
      if (error instanceof TmuxError) answered();
      log.debug({ error, option }, 'pane option not set');
    });
  }
}

interface Mark {
  readonly id: PaneId;
  readonly option: string;
  readonly value: string;
}
