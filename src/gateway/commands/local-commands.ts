import type { Logger } from '../../log/logger.js';
import type { CommandOutcome } from './command-outcome.js';
import type { CommandContext } from './context.js';
import { execute } from './execute.js';

export interface LocalCommand
  extends Pick<
    CommandContext,
    'program' | 'endpoint' | 'sessions' | 'grants' | 'audit' | 'gateway' | 'terminal'
  > {
  readonly words: readonly string[];
  /** The files that the words name, by these names. */
  readonly files: Readonly<Record<string, string>>;
  /** The login of the home's owner. */
  readonly localName: string;
  readonly log: Logger;
}

/** Runs a verb as `triad VERB`, for the home's owner, who is admin everywhere. Never throws. */
export function executeLocal(command: LocalCommand): Promise<CommandOutcome> {
  const { words, files, localName, log, ...given } = command;
  const context: CommandContext = {
    ...given,
    actor: { engineer: localName, door: 'local' },
    roleIn: () => 'admin',
    adminScope: () => 'all',
    session: undefined,
    readFile: (name) => Promise.resolve(files[name] ?? ''),
  };
  return execute({ words: () => words, context, log });
}
