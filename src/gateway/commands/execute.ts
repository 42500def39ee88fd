import { errorText, NotPermittedError, RefusedError, TriadError } from '../../base/errors.js';
import { EXIT, exitCodeOf } from '../../base/exit-codes.js';
import type { Work } from '../../base/loop-share.js';
import { findShortage } from '../../base/shortage.js';
import { OwnSlices, type Slices } from '../../base/slices.js';
import type { Logger } from '../../log/logger.js';
import { logReferenced } from '../../log/reference.js';
import { calledAs } from './called-as.js';
import type { CommandOutcome, OutcomePiece } from './command-outcome.js';
import type { CommandContext } from './context.js';
import { Follower } from './follower.js';
import { getGateway, requireRole } from './pane-target.js';
import { parseCommand } from './parse.js';
import type { StreamedAnswer } from './verb.js';

export interface Execution {
  /** The command line, in words. @throws UsageError where it has none. */
  readonly words: () => readonly string[];
  readonly context: CommandContext;
  readonly log: Logger;
}

/** Runs a command line for a caller whose role in `context.session` is known; never throws. */
export async function execute(execution: Execution): Promise<CommandOutcome> {
  const call = { ...execution, verb: '' };
  let work: Work | undefined;
  try {
    work = execution.context.gateway?.share.open(ownerOf(execution.context));
    await work?.next();
    return await run(call, work ?? new OwnSlices());
  } catch (error) {
    return failure(error, call);
  } finally {
    work?.close();
  }
}

/** An execution that knows which verb it is about. */
interface VerbCall extends Execution {
  verb: string;
}

async function run(called: VerbCall, slices: Slices): Promise<CommandOutcome> {
  const { context } = called;
  const words = called.words();
  called.verb = words[0] ?? '';
  const parsed = parseCommand(words, context.program);
  if ('help' in parsed) return { stdout: parsed.help, stderr: '', exitCode: EXIT.ok };
  if (!parsed.verb.isOffline) getGateway(context);
  if (context.session !== undefined) requireRole(context, context.session, parsed.verb.role);
  const result = await parsed.call.run({ ...context, slices });
  const texts = { stdout: '', stderr: '', exitCode: EXIT.ok };
  if (typeof result === 'string') return { ...texts, stdout: result };
  if (!('pieces' in result)) return { ...texts, watch: result };
  const { heldBytes = 0 } = result;
  return { ...texts, heldBytes, pieces: (signal) => stream(result, called, signal) };
}

/** Whose share it is; the owner of the socket is not the engineer of the same name. */
function ownerOf({ actor }: CommandContext): string {
  return actor.door === 'local' ? `local ${actor.engineer}` : actor.engineer;
}

/** The pieces of an answer with its end, for as long as the caller may have them. */
async function* stream(
  answer: StreamedAnswer,
  called: VerbCall,
  signal: AbortSignal,
): AsyncGenerator<OutcomePiece> {
  const { context } = called;
  const requireRight = () => requireStill(context, answer);
  const releases: (() => void)[] = [];
  let follower: Follower | undefined;
  try {
    const { followers, share } = getGateway(context);
    if (answer.follows) releases.push(followers.take(context.actor.engineer));
    const slices = share.open(ownerOf(context));
    releases.push(() => slices.close());
    follower = new Follower({ signal, requireRight, slices });
    await slices.next();
    yield* answer.pieces(follower);
    yield { kind: 'end', exitCode: EXIT.ok };
  } catch (error) {
    if (signal.aborted) return;
    const { stderr, exitCode } = failure(error, called);
    yield { kind: 'note', text: stderr };
    yield { kind: 'end', exitCode };
  } finally {
    void Promise.resolve(follower?.idle).then(() => {
      for (const release of releases) release();
    });
  }
}

function requireStill(context: CommandContext, { session }: StreamedAnswer): void {
  if (session === undefined || context.roleIn(session) !== undefined) return;
  throw new NotPermittedError(`your access to ${session} was taken back`);
}

/** The error as its two audiences get it: a sentence for the person, the facts for the log. */
function failure(error: unknown, { verb, context, log }: VerbCall): CommandOutcome {
  const exitCode = exitCodeOf(error);
  const facts = { error, verb, engineer: context.actor.engineer };
  // The record may say already what was to be done, so it has to say that it was not done.
  if (exitCode === EXIT.notPermitted || error instanceof RefusedError) {
    const reason = error instanceof Error ? error.message : '';
    context.audit.commandRefused({ actor: context.actor, verb, reason });
  }
  const told = error instanceof TriadError ? toldTo(context, error) : undefined;
  if (told !== undefined) {
    log.debug(facts, 'command refused');
    const hint = error instanceof TriadError && error.hint !== undefined ? error.hint : '';
    return { stdout: '', stderr: calledAs(errorText(told, hint), context.program), exitCode };
  }
  const shortage = findShortage(error);
  if (shortage !== undefined) {
    log.error(facts, 'command failed');
    const stderr = errorText(shortage.words, context.actor.door === 'local' ? shortage.hint : '');
    return { stdout: '', stderr, exitCode: EXIT.tryAgain };
  }
  const reference = logReferenced(log, facts, 'command failed');
  return { stdout: '', stderr: errorText(`internal error (reference ${reference})`, ''), exitCode };
}

/** Whoever owns the host's socket may read paths; an engineer gets only what is meant for people. */
function toldTo(context: CommandContext, error: TriadError): string | undefined {
  return context.actor.door === 'local' ? error.message : error.userMessage;
}
