import { UnavailableError } from '../../base/errors.js';
import type { AttachmentId, SessionName } from '../../base/ids.js';
import { clampSize, type TerminalSize } from '../../base/terminal-size.js';
import { visible } from '../../base/visible.js';
import type { DriverView, HostLink, ViewRequest } from '../../link/host-link.js';
import { LinkLostError } from '../../link/link-lost.js';
import { includesRole, type Role } from '../access/role.js';
import { TerminalAbilities } from '../mirror/terminal-abilities.js';
import type { Watcher } from '../mirror/watching.js';
import type { Watchers } from '../viewer/watchers.js';
import type { Attachment, AttachmentEnd, AttachRequest, Caller } from './attachment.js';
import {
  type AwaitedThing,
  type EndReason,
  exitCodeFor,
  farewell,
  resetTerminalModes,
  waitingNotice,
} from './farewell.js';
import { LeavingKeys } from './leaving-keys.js';
import type { SessionReturns } from './session-returns.js';

/** A terminal's name on record and in listings. */
const MAX_TERM_CHARACTERS = 64;

/** What listings show of an attachment. */
export interface AttachmentInfo {
  readonly id: AttachmentId;
  readonly session: SessionName;
  readonly engineer: string;
  readonly role: Role;
  /** What they do now; `waiting` is for a host that is away, or a session that is made again. */
  readonly mode: AttachmentMode;
  /** How often a newer screen replaced one that a slow observer never got. */
  readonly skippedFrames: number;
  readonly remote: string;
  readonly term: string;
  readonly cols: number;
  readonly rows: number;
  /** ISO 8601 UTC. */
  readonly since: string;
}

export type AttachmentMode = 'typing' | 'watching' | 'waiting';

/**
 * What an attachment does now. `typing` has a way in; `watching` has none, so that an observer's input has
 * nowhere to go; `waiting` is for a host or a session that is gone, and has no view at all.
 */
type AttachmentState =
  | { readonly kind: 'typing'; readonly view: DriverView }
  | { readonly kind: 'watching'; readonly view: Watcher }
  | { readonly kind: 'waiting'; readonly view: undefined; readonly keys: LeavingKeys };

type ViewState = Exclude<AttachmentState, { kind: 'waiting' }>;

export interface LiveAttachmentOptions {
  readonly id: AttachmentId;
  readonly role: Role;
  readonly request: AttachRequest;
  readonly link: Pick<HostLink, 'openDriver' | 'whenReachable'>;
  readonly mirrors: Pick<Watchers, 'watch'>;
  readonly returns: Pick<SessionReturns, 'isAwaited' | 'whenBack'>;
  readonly since: Date;
  /** The person typed something. */
  readonly onTyped: (attachment: LiveAttachment) => void;
  /** The attachment types, watches or waits from now on. */
  readonly onModeChanged: () => void;
}

export class LiveAttachment implements Attachment {
  readonly id: AttachmentId;
  readonly caller: Caller;
  readonly session: SessionName;
  readonly ended: Promise<AttachmentEnd & { reason: EndReason }>;
  readonly #options: LiveAttachmentOptions;
  readonly #term: string;
  readonly #abilities: TerminalAbilities;
  /** Aborted at the end: who waits for something then stops. */
  readonly #over = new AbortController();
  #role: Role;
  #size: TerminalSize;
  #state: AttachmentState | undefined;
  #isBlocked = false;
  /** The newest of several attempts to open a view: only what that one opens is shown. */
  #newestAttempt: symbol | undefined;
  #reason: EndReason | undefined;

  #end: (end: AttachmentEnd & { reason: EndReason }) => void = () => undefined;

  private constructor(options: LiveAttachmentOptions) {
    this.#options = options;
    this.id = options.id;
    this.caller = options.request.caller;
    this.session = options.request.session;
    this.#role = options.role;
    this.#size = clampSize(options.request.size.cols, options.request.size.rows);
    const { term, hasTrueColour = false } = options.request;
    this.#term = visible(term, MAX_TERM_CHARACTERS);
    this.#abilities = new TerminalAbilities({ term, hasTrueColour });
    this.ended = new Promise((resolve) => {
      this.#end = resolve;
    });
    options.request.terminal.onBlocked((isBlocked) => {
      this.#isBlocked = isBlocked;
      if (this.#state?.kind === 'typing') this.#state.view.setBlocked(isBlocked);
    });
  }

  /** @throws UnavailableError when the session is not running. */
  static async open(options: LiveAttachmentOptions): Promise<LiveAttachment> {
    const attachment = new LiveAttachment(options);
    await attachment.#enter();
    return attachment;
  }

  get role(): Role {
    return this.#role;
  }

  get mode(): AttachmentMode {
    return this.#state?.kind ?? 'waiting';
  }

  info(): AttachmentInfo {
    const { engineer, remote } = this.caller;
    const since = this.#options.since.toISOString();
    const { id, session } = this;
    return {
      id,
      session,
      engineer,
      role: this.#role,
      mode: this.mode,
      skippedFrames: this.#state?.kind === 'watching' ? this.#state.view.skippedFrames : 0,
      remote,
      term: this.#term,
      ...this.#size,
      since,
    };
  }

  receive(bytes: Uint8Array): boolean {
    const state = this.#state;
    if (state === undefined || this.#reason !== undefined) return true;
    if (state.kind === 'typing') {
      const typed = this.#abilities.withoutAnswers(bytes);
      if (typed.length === 0) return true;
      this.#options.onTyped(this);
      return state.view.write(typed);
    }
    if (state.kind === 'watching') return state.view.receive(bytes);
    if (state.keys.asksToLeave(bytes)) this.disconnect('detached');
    return true;
  }

  resize(size: TerminalSize): void {
    this.#size = clampSize(size.cols, size.rows);
    this.#state?.view?.resize(this.#size);
  }

  /** The goodbye is said at once: it must not wait for a tmux that is busy. */
  disconnect(reason: EndReason): void {
    const state = this.#state;
    this.#settle(reason, false);
    state?.view?.close();
  }

  /**
   * Puts a new role in force at once: input follows it from this call on, and a fresh view replaces
   * the old one on the same terminal.
   *
   * @throws whatever kept the fresh view from being opened.
   */
  async changeRole(role: Role): Promise<void> {
    const couldType = this.#mayType;
    this.#role = role;
    if (couldType === this.#mayType || this.#reason !== undefined) return;
    const old = this.#state;
    this.#state = undefined;
    old?.view?.close();
    await this.#enter();
  }

  /** Whoever asked to watch only watches, whatever their role. */
  get #mayType(): boolean {
    return includesRole(this.#role, 'driver') && this.#options.request.watch === undefined;
  }

  async #enter(): Promise<void> {
    const attempt = Symbol('attempt');
    this.#newestAttempt = attempt;
    const size = this.#size;
    const state = await this.#openUnlessLost();
    if (state === 'host-lost') {
      if (attempt === this.#newestAttempt) this.#wait('host');
      return;
    }
    // The role may have changed meanwhile, or the attachment ended.
    if (attempt !== this.#newestAttempt || this.#reason !== undefined) {
      state.view.close();
      return;
    }
    this.#take(state);
    // A view is told a real change only: whoever resizes becomes the one who sizes the window.
    if (size !== this.#size) state.view.resize(this.#size);
  }

  /** Shows a notice, and waits until what is gone comes back. */
  #wait(awaited: AwaitedThing): void {
    if (this.#reason !== undefined) return;
    const isDriver = this.#mayType;
    const waiting: AttachmentState = {
      kind: 'waiting',
      view: undefined,
      keys: new LeavingKeys(isDriver),
    };
    const { link, request, returns } = this.#options;
    this.#state = waiting;
    this.#options.onModeChanged();
    request.terminal.write(waitingNotice(awaited, this.session, isDriver));
    request.terminal.resumeInput();
    const back =
      awaited === 'session'
        ? returns.whenBack(this.session)
        : link.whenReachable(this.#over.signal).then(() => true);
    back
      .then(async (isBack) => {
        if (waiting !== this.#state) return;
        if (isBack) await this.#enter();
        else this.disconnect('session-ended');
      })
      .catch((error: unknown) =>
        error instanceof UnavailableError ? this.#sessionGone(false) : this.disconnect('failed'),
      );
  }

  /** A session that was not ended on purpose is made again, and waited for. */
  async #sessionGone(isTerminalRestored: boolean): Promise<void> {
    const state = this.#state;
    const isAwaited = await this.#options.returns.isAwaited(this.session).catch(() => false);
    if (state !== this.#state) return;
    if (isAwaited) this.#wait('session');
    else this.#settle('session-ended', isTerminalRestored);
  }

  async #openUnlessLost(): Promise<ViewState | 'host-lost'> {
    try {
      return await this.#openView();
    } catch (error) {
      if (error instanceof LinkLostError) return 'host-lost';
      throw error;
    }
  }

  #openView(): Promise<ViewState> {
    return this.#mayType ? this.#openDriver() : this.#openWatcher();
  }

  async #openDriver(): Promise<ViewState> {
    const { link, request } = this.#options;
    const { terminal, term } = request;
    const opened: { state?: ViewState } = {};
    const viewRequest: ViewRequest = {
      ...{ session: this.session, term, size: this.#size },
      onOutput: (bytes) => {
        if (opened.state !== undefined && opened.state === this.#state) terminal.write(bytes);
      },
    };
    const view = await link.openDriver(viewRequest);
    view.onDrain(() => terminal.resumeInput());
    const state: ViewState = { kind: 'typing', view };
    opened.state = state;
    return state;
  }

  async #openWatcher(): Promise<ViewState> {
    const { mirrors, request } = this.#options;
    const { session } = this;
    const { terminal, watch, caller, calledAs } = request;
    const view = await mirrors.watch({
      ...{ engineer: caller.engineer, session, terminal, size: this.#size },
      ...{ abilities: this.#abilities, pane: watch?.pane, calledAs },
    });
    view.onDrain(() => terminal.resumeInput());
    return { kind: 'watching', view };
  }

  #take(state: ViewState): void {
    this.#state = state;
    const { terminal } = this.#options.request;
    if (state.kind === 'typing') {
      state.view.setBlocked(this.#isBlocked);
    } else {
      terminal.write(resetTerminalModes());
      state.view.start();
    }
    this.#options.onModeChanged();
    terminal.resumeInput();
    void state.view.ended.then((end) => {
      if (state !== this.#state) return;
      const isRestored = 'isTerminalRestored' in end && end.isTerminalRestored;
      if (end.reason === 'lost') this.#wait('host');
      else if (end.reason === 'session-ended') void this.#sessionGone(isRestored);
      else this.#settle(reasonOf(end.reason), isRestored);
    });
  }

  #settle(reason: EndReason, isTerminalRestored: boolean): void {
    if (this.#reason !== undefined) return;
    this.#reason = reason;
    this.#over.abort();
    this.#state = undefined;
    if (reason !== 'disconnected') {
      this.#options.request.terminal.write(farewell(reason, this.session, isTerminalRestored));
    }
    this.#end({ exitCode: exitCodeFor(reason), reason });
  }
}

function reasonOf(
  reason: Exclude<Awaited<ViewState['view']['ended']>['reason'], 'lost' | 'session-ended'>,
): EndReason {
  // A view that was closed without our asking was closed by a host that stops.
  if (reason === 'closed') return 'stopping';
  return reason === 'left' ? 'detached' : reason;
}
