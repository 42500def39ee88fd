import { sessionName } from '../../src/base/ids.js';
import { LoopShare } from '../../src/base/loop-share.js';
import { oneByOne } from '../../src/base/turns.js';
import type { AdminScope } from '../../src/gateway/access/admin-scope.js';
import type { Role } from '../../src/gateway/access/role.js';
import type { AttachmentInfo } from '../../src/gateway/attachments/live-attachment.js';
import type { Actor } from '../../src/gateway/audit/audit.js';
import type {
  AnswerPiece,
  CallerTerminal,
  CommandOutcome,
  OutcomePiece,
} from '../../src/gateway/commands/command-outcome.js';
import type { ConnectionInfo } from '../../src/gateway/commands/connection-info.js';
import type { CommandContext } from '../../src/gateway/commands/context.js';
import { execute } from '../../src/gateway/commands/execute.js';
import { Followers } from '../../src/gateway/commands/follower.js';
import type { HostLink } from '../../src/link/host-link.js';
import { openLogger } from '../../src/log/logger.js';
import { fakeHost } from './fake-host.js';

const log = openLogger({ level: 'error', destination: { write: () => undefined } });

/** Runs verbs on a fake host, and notes what went on record. */
export class Executed {
  readonly audited: Record<string, unknown>[] = [];
  readonly followers = new Followers();
  readonly share = new LoopShare();
  /** The connections of the gateway. */
  connected: readonly ConnectionInfo[] = [];
  /** The ids of what was kicked. */
  readonly kicked: string[] = [];
  /** The caller's role in each session; they have no access to those that are not here. */
  roles: Record<string, Role> = { pair: 'admin' };
  /** The connection over which the caller asks. */
  connection: Pick<Actor, 'connectionId'> = {};
  terminal: CallerTerminal | undefined;
  sessions = [sessionName('pair')];
  /** The session that a verb over SSH was sent to; undefined on the control socket. */
  session: CommandContext['session'];
  /** Used instead of `audited` where it is given. */
  audit: CommandContext['audit'] | undefined;
  engineer = 'dora';
  grants = {} as CommandContext['grants'];
  attached: AttachmentInfo[] = [];
  /** The text of every file that is named. */
  fileText = '';
  readonly #link: HostLink;

  constructor(answers: Partial<HostLink>) {
    this.#link = fakeHost(answers);
  }

  run(...words: string[]): Promise<CommandOutcome> {
    return execute({ words: () => words, context: this.#context(), log });
  }

  /** The pieces of an answer until there are no more. */
  async pieces(
    words: readonly string[],
    signal = new AbortController().signal,
  ): Promise<OutcomePiece[]> {
    const { pieces, stderr } = await this.run(...words);
    if (pieces === undefined) throw new Error(`no stream: ${stderr}`);
    const all: OutcomePiece[] = [];
    for await (const piece of pieces(signal)) all.push(piece);
    return all;
  }

  /** What an answer in pieces puts on standard output. */
  async text(words: readonly string[]): Promise<string> {
    return textOf(await this.pieces(words));
  }

  #adminScope(): AdminScope {
    const own = this.sessions.filter((session) => this.roles[session] === 'admin');
    return own.length === this.sessions.length ? 'all' : own;
  }

  #context(): CommandContext {
    const noted = new Proxy(
      {},
      { get: (_target, event) => (facts: object) => void this.audited.push({ event, ...facts }) },
    ) as CommandContext['audit'];
    const audit = this.audit ?? noted;
    return {
      actor: { engineer: this.engineer, door: 'ssh', ...this.connection },
      roleIn: (session) => this.roles[session],
      adminScope: () => this.#adminScope(),
      ...{ program: 'triad', endpoint: () => undefined },
      ...{ session: this.session, sessions: this.sessions, audit, terminal: this.terminal },
      grants: this.grants,
      gateway: {
        ...{
          link: this.#link,
          followers: this.followers,
          share: this.share,
          captures: oneByOne(),
          startCommand: 'up',
        },
        attachments: { list: () => this.attached, kick: () => this.attached },
        connections: {
          list: () => this.connected,
          kick: (isMeant) => {
            const meant = this.connected.filter(isMeant);
            this.kicked.push(...meant.map(({ id }) => id));
            return meant;
          },
        },
        describe: () => ({
          ...{
            listen: ['127.0.0.1:2222'],
            hostKeys: [],
            startedAt: '2030-05-31T16:00:00.000Z',
            refused: {},
            displaced: {},
          },
          ...{ problems: [], connections: { open: 3, max: 1000, loggedIn: 2, guests: 1 } },
        }),
        stop: () => undefined,
      },
      readFile: () => Promise.resolve(this.fileText),
    };
  }
}

export function textOf(pieces: readonly OutcomePiece[]): string {
  const texts = pieces.filter((piece): piece is AnswerPiece => piece.kind === 'text');
  return texts.map(({ text }) => text).join('');
}
