import type { PaneId } from '../base/ids.js';
import type { PaneDescription } from '../link/host-link.js';
import type { Logger } from '../log/logger.js';
import { quoteArgument } from '../tmux/control-quoting.js';
import { shortExit } from './command-exit.js';
import type { PaneMemory } from './pane-memory.js';
import { writeMemory } from './pane-memory.js';
import { programMark } from './session-builder.js';
import type { PaneProgram } from './session-plan.js';

export interface PaneMarksOptions {
  readonly log: Logger;
  readonly ask: (subcommand: string, args: readonly string[]) => Promise<unknown>;
}

/** What is kept of a pane in tmux itself, in user options that live as long as the pane. */
export class PaneMarks {
  readonly #options: PaneMarksOptions;

  constructor(options: PaneMarksOptions) {
    this.#options = options;
  }

  /** For the manager after this one. */
  remember(id: PaneId | null, memory: PaneMemory): void {
    this.#set(id, '@triad_memory', writeMemory(memory));
  }

  /** What the border shows, and which program was started. */
  show(pane: PaneDescription, program: PaneProgram | undefined): void {
    const isStarting = pane.state === 'starting' && program !== undefined;
    if (isStarting) this.#set(pane.id, '@triad_program', programMark(program));
    this.#set(pane.id, '@triad_note', borderNote(pane));
  }

  #set(id: PaneId | null, option: string, value: string): void {
    if (id === null) return;
    const { ask, log } = this.#options;
    ask('set-option', ['-p', '-t', id, option, quoteArgument(value)]).catch((error: unknown) => {
      log.debug({ error, option }, 'pane option not set');
    });
  }
}

/** What happened to a command that does not run; empty when all is well. */
function borderNote({ state, lastExit }: PaneDescription): string {
  if (state === 'failed' || state === 'stopped') return state;
  const hasEnded = state === 'backoff' || state === 'exited';
  return hasEnded && lastExit !== null ? shortExit(lastExit) : '';
}
