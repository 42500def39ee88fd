import { randomBytes } from 'node:crypto';
import { TriadError } from '../base/errors.js';
import { EXIT, exitCodeOf } from '../base/exit-codes.js';
import type { Logger } from '../log/logger.js';
import type { CommandContext } from './context.js';
import type { CommandOutcome } from './door.js';
import { getGateway, requireRole } from './pane-target.js';
import { parseCommand } from './parse.js';

export interface Execution {
  readonly words: readonly string[];
  /** How a person calls verbs at this door. */
  readonly prefix: string;
  readonly context: CommandContext;
  readonly log: Logger;
}

/** Runs a command line for a caller whose role in `context.session` is known; never throws. */
export async function execute(execution: Execution): Promise<CommandOutcome> {
  const { words, prefix, context } = execution;
  try {
    const parsed = parseCommand(words, prefix);
    if ('help' in parsed) return { stdout: parsed.help, stderr: '', exitCode: EXIT.ok };
    if (!parsed.verb.isOffline) getGateway(context);
    if (context.session !== undefined) requireRole(context, context.session, parsed.verb.role);
    const result = await parsed.call.run(context);
    const texts = { stdout: '', stderr: '', exitCode: EXIT.ok };
    return typeof result === 'string' ? { ...texts, stdout: result } : { ...texts, watch: result };
  } catch (error) {
    return failure(error, execution);
  }
}

/** The error as its two audiences get it: a sentence for the person, the facts for the log. */
function failure(error: unknown, { words, context, log }: Execution): CommandOutcome {
  const exitCode = exitCodeOf(error);
  const facts = { error, verb: words[0], engineer: context.actor.engineer };
  if (exitCode === EXIT.notPermitted) {
    const reason = error instanceof Error ? error.message : '';
    context.audit.commandRefused({ actor: context.actor, verb: words[0] ?? '', reason });
  }
  const told = error instanceof TriadError ? toldTo(context, error) : undefined;
  if (told !== undefined) {
    log.debug(facts, 'command refused');
    const hint = error instanceof TriadError && error.hint !== undefined ? error.hint : '';
    return { stdout: '', stderr: errorText(told, hint), exitCode };
  }
  const reference = randomBytes(4).toString('hex');
  log.error({ ...facts, reference }, 'command failed');
  return { stdout: '', stderr: errorText(`internal error (reference ${reference})`, ''), exitCode };
}

/** Whoever owns the host's socket may read paths; an engineer gets only what is meant for people. */
function toldTo(context: CommandContext, error: TriadError): string | undefined {
  return context.actor.door === 'local' ? error.message : error.userMessage;
}

/** One error as the command line prints it. */
export function errorText(message: string, hint: string): string {
  return `triad: error: ${message}\n${hint === '' ? '' : `triad: hint: ${hint}\n`}`;
}
