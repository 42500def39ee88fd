import type { PseudoTtyInfo, ServerChannel, Session, Connection as SshClient } from 'ssh2';
import { messageOf, TriadError, UnavailableError, UsageError } from '../../base/errors.js';
import { EXIT, type ExitCode, exitCodeOf } from '../../base/exit-codes.js';
import { isName, type SessionName, sessionName } from '../../base/ids.js';
import type { LoopShare } from '../../base/loop-share.js';
import { clampSize, type TerminalSize } from '../../base/terminal-size.js';
import { visible } from '../../base/visible.js';
import type { Logger } from '../../log/logger.js';
import { logReferenced } from '../../log/reference.js';
import { noAccess } from '../access/session-access.js';
import type { Attachment, AttachRequest, Caller } from '../attachments/attachment.js';
import type { Attachments } from '../attachments/attachments.js';
import { type EndReason, exitCodeFor, farewellSentence } from '../attachments/farewell.js';
import { calledAs } from '../commands/called-as.js';
import type { CallerTerminal, CommandOutcome, WatchTarget } from '../commands/command-outcome.js';
import { sshTo } from '../commands/endpoint.js';
import type { SshCommands } from '../commands/ssh-commands.js';
import { ChannelInput } from './channel-input.js';
import { ChannelTerminal } from './channel-terminal.js';
import { CommandStream } from './command-stream.js';
import type { NotLetIn } from './logins.js';
import { type HeldOutput, PacedOutput } from './paced-output.js';
import { closeUnstarted } from './ssh2-seams.js';

/** Longer names of terminal types are no names; the host falls back to its default. */
const MAX_TERM_LENGTH = 64;

/** What channels serve: attachments and commands. */
export interface ChannelServices {
  readonly attachments: Pick<Attachments, 'open'>;
  readonly commands: Pick<SshCommands, 'execute'>;
}

export interface SessionChannelOptions extends ChannelServices {
  readonly sshClient: SshClient;
  readonly session: Session;
  readonly caller: Caller;
  /** The SSH user name as the client sent it; anything. */
  readonly login: string;
  readonly log: Logger;
  readonly heldOutput: HeldOutput;
  readonly share: LoopShare;
  /** Set for a guest: what they are told, whatever they start. */
  readonly notLetIn: Pick<NotLetIn, 'sentence' | 'exitCode'> | undefined;
  /** What `use` tells has changed. */
  readonly onUse: () => void;
  readonly onClosed: (channel: SessionChannel) => void;
  /** The whole connection must be given up. */
  readonly onFailed: (reason: string) => void;
}

interface Pty {
  readonly term: string;
  readonly size: TerminalSize;
}

/** Answers a request; undefined where the client wants no answer. */
type Reply = (() => void) | undefined;

/**
 * One SSH session channel (RFC 4254 §6): at most one attachment or one command.
 *
 * As with sshd, the client's EOF ends its input and nothing else: `ssh -tt pair@host < file` stays
 * attached until it is closed, detached or cut off.
 */
export class SessionChannel {
  readonly #options: SessionChannelOptions;
  /** `started`: an attachment or a command is served. `finished`: the exit status is sent. */
  #state: 'open' | 'started' | 'finished' | 'closed' = 'open';
  #pty: Pty | undefined;
  #hasTrueColour = false;
  #attachment: Attachment | undefined;
  #channel: ServerChannel | undefined;
  #terminal: ChannelTerminal | undefined;
  #input: ChannelInput | undefined;
  #output: PacedOutput | undefined;
  #stream: CommandStream | undefined;

  constructor(options: SessionChannelOptions) {
    this.#options = options;
    const { session } = options;
    // A request that has no listener here is refused by ssh2: x11, agent, signal, subsystem.
    session.on('env', (accept: Reply, reject: Reply, { key, val }) => {
      if (this.#rememberColours(key, val)) accept?.();
      else reject?.();
    });
    session.on('pty', (accept: Reply, reject: Reply, info) => {
      if (this.#rememberPty(info)) accept?.();
      else reject?.();
    });
    session.on('window-change', (accept: Reply, _reject, info) => {
      accept?.();
      this.#resize(clampSize(info.cols, info.rows));
    });
    session.on('shell', (accept) => this.#start(accept, (channel) => this.#serveShell(channel)));
    session.on('exec', (accept, _reject, { command }) =>
      this.#start(accept, (channel) => this.#serveCommand(channel, command)),
    );
    session.on('eof', () => this.#input?.noteEnd());
    session.on('close', () => this.#closedByClient());
  }

  /** Takes notice that the socket brought or took something. */
  check(): void {
    this.#terminal?.check();
    this.#output?.check();
  }

  /** What is served on it now. */
  get use(): 'view' | 'command' | undefined {
    if (this.#state !== 'started') return undefined;
    return this.#terminal === undefined ? 'command' : 'view';
  }

  /** Ends what is served with a sentence; the client's close follows, or not. */
  stop(reason: EndReason): void {
    const exitCode = exitCodeFor(reason);
    const sentence = `triad: ${farewellSentence(reason, visible(this.#options.login))}`;
    this.#stream?.stop(exitCode, `${sentence}\n`);
    if (this.#attachment !== undefined) this.#attachment.disconnect(reason);
    // In the middle of a command's output there is no room for a sentence.
    else if (this.#output === undefined) this.#finish(exitCode, sentence);
  }

  /** The client is gone without a word. Idempotent. */
  abandon(): void {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    this.#terminal?.close();
    this.#output?.close();
    this.#stream?.stop(EXIT.ok, '');
    this.#attachment?.disconnect('disconnected');
    this.#options.onClosed(this);
  }

  #closedByClient(): void {
    closeUnstarted(this.#options.sshClient, this.#options.session);
    this.abandon();
  }

  #rememberPty({ term, cols, rows }: PseudoTtyInfo): boolean {
    if (this.#state !== 'open' || this.#pty !== undefined) return false;
    this.#pty = { term: term.length > MAX_TERM_LENGTH ? '' : term, size: clampSize(cols, rows) };
    return true;
  }

  /** The one variable that is heard, with the two values that it has. */
  #rememberColours(name: string, value: string): boolean {
    const isTold = name === 'COLORTERM' && /^(truecolor|24bit)$/.test(value);
    if (this.#state !== 'open' || !isTold) return false;
    this.#hasTrueColour = true;
    return true;
  }

  #resize(size: TerminalSize): void {
    if (this.#pty === undefined) return;
    this.#pty = { ...this.#pty, size };
    if (this.#state === 'started') this.#guard(() => this.#attachment?.resize(size));
  }

  #start(accept: () => ServerChannel, serve: (channel: ServerChannel) => Promise<void>): void {
    if (this.#state !== 'open') return;
    const channel = accept();
    this.#state = 'started';
    this.#options.onUse();
    this.#channel = channel;
    channel.on('error', (error: unknown) => this.#options.onFailed(visible(messageOf(error))));
    this.#input = new ChannelInput(channel);
    const { notLetIn } = this.#options;
    if (notLetIn !== undefined) this.#finish(notLetIn.exitCode, `triad: ${notLetIn.sentence}`);
    else serve(channel).catch((error: unknown) => this.#fail(error));
  }

  async #serveShell(channel: ServerChannel): Promise<void> {
    const session = this.#findSession();
    const pty = this.#pty;
    if (pty === undefined) this.#finish(EXIT.usage, needsTerminal(this.#options.login));
    else if (session === undefined) this.#finish(EXIT.notPermitted, this.#denial());
    else await this.#attach(channel, { session, ...pty });
  }

  async #watch(channel: ServerChannel, { session, pane }: WatchTarget): Promise<void> {
    const pty = this.#pty;
    if (pty === undefined) {
      throw new UsageError(`watching needs a terminal: ssh -t ${session}@host watch`);
    }
    await this.#attach(channel, { session, watch: { pane }, ...pty });
  }

  async #attach(
    channel: ServerChannel,
    what: Pty & Pick<AttachRequest, 'session' | 'watch'>,
  ): Promise<void> {
    const { attachments, caller, sshClient } = this.#options;
    const onOverflow = (): void => this.#overflow(channel);
    const terminal = new ChannelTerminal({ sshClient, channel, onOverflow });
    this.#terminal = terminal;
    const program = sshTo(caller.reached, what.session);
    const called = (text: string): string => calledAs(text, program);
    const opened = await attachments.open({
      ...{ caller, terminal, calledAs: called, hasTrueColour: this.#hasTrueColour },
      ...what,
    });
    if ('denied' in opened) this.#finish(EXIT.notPermitted, this.#denial());
    else if (this.#state !== 'started') opened.disconnect('disconnected');
    else await this.#serveAttachment(opened, what.size);
  }

  async #serveAttachment(attachment: Attachment, openedWith: TerminalSize): Promise<void> {
    this.#attachment = attachment;
    const size = this.#pty?.size ?? openedWith;
    if (size !== openedWith) attachment.resize(size);
    this.#input?.flowTo((bytes) => this.#guard(() => attachment.receive(bytes)) ?? true);
    const end = await attachment.ended;
    this.#finish(end.exitCode, '');
  }

  /** A bug in the attachment ends it alone: thrown from here it would end the connection or more. */
  #guard<T>(act: () => T): T | undefined {
    try {
      return act();
    } catch (error) {
      this.#fail(error);
      return undefined;
    }
  }

  async #serveCommand(channel: ServerChannel, commandLine: string): Promise<void> {
    const session = this.#findSession();
    if (session === undefined) {
      this.#finish(EXIT.notPermitted, this.#denial());
      return;
    }
    const { commands, caller } = this.#options;
    const readInput = (): Promise<string> => this.#readInput();
    const terminal = this.#describeTerminal();
    const outcome = await commands.execute({ caller, session, commandLine, readInput, terminal });
    if (this.#state !== 'started') return;
    if (outcome.watch !== undefined) await this.#watch(channel, outcome.watch);
    else if (outcome.pieces !== undefined) await this.#streamAnswer(channel, outcome);
    else await this.#answer(channel, outcome);
  }

  async #answer(channel: ServerChannel, outcome: CommandOutcome): Promise<void> {
    this.#say(outcome.stderr);
    const bytes = Buffer.from(this.#lines(outcome.stdout));
    const release = this.#hold(bytes.length);
    this.#output = this.#paced(channel);
    await this.#output.write(bytes);
    release();
    this.#finish(outcome.exitCode, '');
  }

  async #streamAnswer(
    channel: ServerChannel,
    { pieces, heldBytes = 0 }: CommandOutcome,
  ): Promise<void> {
    if (pieces === undefined) return;
    const release = this.#hold(heldBytes);
    const output = this.#paced(channel);
    this.#output = output;
    const stream = new CommandStream({ pieces, output, size: () => this.#pty?.size });
    this.#stream = stream;
    this.#input?.flowTo((bytes) => {
      stream.receive(bytes);
      return true;
    });
    const exitCode = await stream.run();
    release();
    this.#finish(exitCode, '');
  }

  /** @throws UnavailableError where too much waits to be read already. */
  #hold(bytes: number): () => void {
    const release = this.#options.heldOutput.hold(this.#options.caller.engineer, bytes);
    if (release !== undefined) return release;
    throw new UnavailableError(
      `no room for ${bytes} bytes of output: earlier ones wait to be read`,
      {
        userMessage: 'too much output waits to be read already, try again later or ask for less',
      },
    );
  }

  #paced(channel: ServerChannel): PacedOutput {
    const { sshClient, share, caller } = this.#options;
    return new PacedOutput({ sshClient, channel, share, owner: caller.engineer });
  }

  /**
   * Describes the client's terminal; over SSH only its type can tell that no colours are wanted.
   */
  #describeTerminal(): CallerTerminal | undefined {
    if (this.#pty === undefined) return undefined;
    const { term, size } = this.#pty;
    return { cols: size.cols, hasColour: term !== '' && term !== 'dumb' };
  }

  async #readInput(): Promise<string> {
    if (this.#pty !== undefined) {
      throw new UsageError('input cannot come from a terminal: pipe it in, without -t');
    }
    return (await this.#input?.readToEnd()) ?? '';
  }

  #findSession(): SessionName | undefined {
    const { login } = this.#options;
    return isName(login) ? sessionName(login) : undefined;
  }

  #denial(): string {
    return `triad: ${noAccess(this.#options.login)}`;
  }

  #fail(error: unknown): void {
    this.#attachment?.disconnect('disconnected');
    this.#finish(exitCodeOf(error), `triad: ${this.#describe(error)}`);
  }

  #describe(error: unknown): string {
    if (error instanceof TriadError && error.userMessage !== undefined) return error.userMessage;
    const { log } = this.#options;
    return `internal error (reference ${logReferenced(log, { error }, 'channel failed')})`;
  }

  #overflow(channel: ServerChannel): void {
    this.#options.log.warn('client did not take its output, channel closed');
    this.#attachment?.disconnect('disconnected');
    this.#state = 'finished';
    channel.destroy();
    this.#options.onUse();
  }

  /** Sends `sentence`, the exit status and the end, in this order: after `end` the status is lost. */
  #finish(exitCode: ExitCode, sentence: string): void {
    const channel = this.#channel;
    if (this.#state !== 'started' || channel === undefined) return;
    this.#say(sentence === '' ? '' : `${sentence}\n`);
    this.#state = 'finished';
    this.#terminal?.close();
    this.#input?.discard();
    channel.exit(exitCode);
    channel.end();
    this.#options.onUse();
  }

  /**
   * Writes to standard error, or to the terminal where there is one.
   *
   * Only ever small, and before anything else on its channel: ssh2's `stderr` repeats old output once
   * the window was exhausted.
   */
  #say(text: string): void {
    if (text === '') return;
    if (this.#pty === undefined) this.#channel?.stderr.write(text);
    else this.#channel?.write(this.#lines(text));
  }

  #lines(text: string): string {
    return this.#pty === undefined ? text : text.replace(/\r?\n/g, '\r\n');
  }
}

function needsTerminal(login: string): string {
  const host = `${isName(login) ? login : 'pair'}@host`;
  return `triad: a terminal is needed here: ssh -t ${host}, or run a command: ssh ${host} status`;
}
