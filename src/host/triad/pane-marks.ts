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

/** What is kept of a pane in tmux itself, in user options that live as long as the pane. */
export class PaneMarks {
  readonly #options: PaneMarksOptions;
  /** Of each pane and option the newest value, until tmux has answered. */
  readonly #unanswered = new Map<string, Mark>();

  constructor(options: PaneMarksOptions) {
    this.#options = options;
  }

  /** For the manager after this one. */
  remember(id: PaneId | null, memory: PaneMemory): void {
    this.#set(id, '@triad_memory', writeMemory(memory));
  }

  /** Which program is started. */
  starting(id: PaneId | null, program: PaneProgram | undefined): void {
    if (program !== undefined) this.#set(id, '@triad_program', programMark(program));
  }

  /** tmux can be asked again: what it did not answer to is told once more. */
  again(): void {
    for (const mark of [...this.#unanswered.values()]) this.#write(mark);
  }

  /** The session is another one, whose panes may have the same ids. */
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
