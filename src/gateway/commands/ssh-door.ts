import { split } from 'shlex';
import { UsageError } from '../../base/errors.js';
import { EXIT } from '../../base/exit-codes.js';
import type { SessionName } from '../../base/ids.js';
import { visible } from '../../base/visible.js';
import type { Logger } from '../../log/logger.js';
import { findAdminScope } from '../access/admin-scope.js';
import type { AccessQuery, Decision } from '../access/decide.js';
import { noAccess } from '../attachments/no-access.js';
import type { Actor } from '../audit/audit.js';
import type { CommandContext } from './context.js';
import type { CommandOutcome, SshCommand, SshCommandDoor } from './door.js';
import { execute } from './execute.js';

/** Longer command lines are no verb of ours; `send` takes 64 KiB of text. */
const MAX_COMMAND_LINE = 128 * 1024;

export interface SshDoorOptions extends Pick<CommandContext, 'grants' | 'audit' | 'gateway'> {
  /** Every session of the host. @throws UnavailableError where that is not known. */
  readonly sessions: () => readonly SessionName[];
  readonly decide: (query: AccessQuery) => Decision;
  readonly log: Logger;
}

/** The verbs as `ssh pair@host VERB`, with the rights of the key that was proven. */
export class SshDoor implements SshCommandDoor {
  readonly #options: SshDoorOptions;

  constructor(options: SshDoorOptions) {
    this.#options = options;
  }

  async execute(command: SshCommand): Promise<CommandOutcome> {
    const { grants, audit, gateway, log } = this.#options;
    const { caller, session } = command;
    const sessions = this.#options.sessions();
    const actor = actorOf(command);
    const decision = this.#decide(command, session);
    if (decision.outcome !== 'allowed' || !sessions.includes(session)) {
      const reason = decision.outcome === 'denied' ? decision.reason : 'session';
      audit.commandRefused({ actor, verb: '', reason });
      log.debug({ connectionId: caller.connectionId, reason }, 'command refused');
      return { stdout: '', stderr: `triad: ${noAccess(session)}\n`, exitCode: EXIT.notPermitted };
    }
    const roleIn = (asked: SessionName) => {
      const answer = this.#decide(command, asked);
      return answer.outcome === 'allowed' ? answer.role : undefined;
    };
    const { keyBlob, address } = caller;
    const adminScope = () => {
      const query = { keyBlob, address, now: Date.now() };
      return findAdminScope(grants.current.grants, query, sessions);
    };
    const readFile = (name: string) => readInputAs(name, command);
    const context = {
      ...{ actor, roleIn, adminScope, session, sessions, grants, audit, gateway, readFile },
      terminal: command.terminal,
    };
    return execute({
      words: () => wordsOf(command.commandLine),
      prefix: `ssh ${session}@host`,
      context,
      log,
    });
  }

  #decide({ caller }: SshCommand, session: SessionName): Decision {
    const { keyBlob, address } = caller;
    return this.#options.decide({ keyBlob, address, session, now: Date.now() });
  }
}

function actorOf({ caller }: SshCommand): Actor {
  const { engineer, fingerprint, remote, connectionId } = caller;
  return { engineer, door: 'ssh', fingerprint, remote, connectionId };
}

function wordsOf(commandLine: string): string[] {
  if (commandLine.length > MAX_COMMAND_LINE) throw new UsageError('the command line is too long');
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
