import { split } from 'shlex';
import { UsageError } from '../../base/errors.js';
import { EXIT } from '../../base/exit-codes.js';
import type { SessionName } from '../../base/ids.js';
import { MAX_TEXT_BYTES } from '../../base/pane.js';
import { visible } from '../../base/visible.js';
import type { Logger } from '../../log/logger.js';
import type { SessionAccess } from '../access/session-access.js';
import type { Caller } from '../attachments/attachment.js';
import type { Actor } from '../audit/audit.js';
import type { CallerTerminal, CommandOutcome } from './command-outcome.js';
import type { CommandContext } from './context.js';
import { sshTo } from './endpoint.js';
import { execute } from './execute.js';

/** Longer command lines are no verb of ours: `send` takes 64 KiB of text, which quotes may make longer. */
const MAX_COMMAND_LINE_BYTES = 128 * 1024;

export interface SshCommandsOptions
  extends Pick<CommandContext, 'grants' | 'audit' | 'gateway' | 'endpoint'> {
  readonly access: Pick<SessionAccess, 'requireSessions' | 'decide' | 'explain' | 'adminScope'>;
  readonly log: Logger;
}

/** What an exec request (RFC 4254 §6.5) asks for. */
export interface SshCommand {
  readonly caller: Caller;
  readonly session: SessionName;
  /** The command line as the client sent it; anything. */
  readonly commandLine: string;
  /** Reads what the client sends as standard input to its end, as UTF-8, bounded. */
  readonly readInput: () => Promise<string>;
  readonly terminal: CallerTerminal | undefined;
}

/** The verbs as `ssh pair@host VERB`, with the rights of the key that was proven. */
export class SshCommands {
  readonly #options: SshCommandsOptions;

  constructor(options: SshCommandsOptions) {
    this.#options = options;
  }

  /**
   * Parses, checks the caller's right and runs; every outcome has its text.
   *
   * @throws UnavailableError where it is not known which sessions there are.
   */
  async execute(command: SshCommand): Promise<CommandOutcome> {
    const { access, grants, audit, gateway, endpoint, log } = this.#options;
    const { caller, session, terminal } = command;
    const sessions = access.requireSessions();
    const actor = actorOf(caller);
    const decision = access.decide(caller, session);
    if (decision.outcome !== 'allowed') {
      const reason = decision.outcome === 'denied' ? decision.reason : 'session';
      audit.commandRefused({ actor, verb: '', reason });
      log.debug({ connectionId: caller.connectionId, reason }, 'command refused');
      const stderr = `triad: ${access.explain(caller, session)}\n`;
      return { stdout: '', stderr, exitCode: EXIT.notPermitted };
    }
    const roleIn = (asked: SessionName) => {
      const answer = access.decide(caller, asked);
      return answer.outcome === 'allowed' ? answer.role : undefined;
    };
    const adminScope = () => access.adminScope(caller);
    const readFile = (name: string) => readInputAs(name, command);
    const context = {
      ...{ actor, roleIn, adminScope, session, sessions, grants, audit, gateway, readFile },
      ...{ endpoint, terminal, program: sshTo(caller.reached, session) },
    };
    const words = () => wordsOf(command.commandLine);
    return execute({ words, context, log });
  }
}

function actorOf({ engineer, fingerprint, remote, connectionId }: Caller): Actor {
  return { engineer, door: 'ssh', fingerprint, remote, connectionId };
}

function wordsOf(commandLine: string): string[] {
  const bytes = Buffer.byteLength(commandLine);
  if (bytes > MAX_COMMAND_LINE_BYTES) {
    const limit = `the command line must be at most ${MAX_COMMAND_LINE_BYTES} bytes, got ${bytes}`;
    throw new UsageError(limit, { hint: `send takes ${MAX_TEXT_BYTES} bytes of text` });
  }
  try {
    return split(commandLine);
  } catch {
    throw new UsageError(`quotes do not match in: ${visible(commandLine)}`);
  }
}

/** Verbs over SSH never open files of the host. */
async function readInputAs(name: string, command: SshCommand): Promise<string> {
  if (name === '-') return command.readInput();
  throw new UsageError('over SSH a key comes on standard input: --key - < FILE');
}
