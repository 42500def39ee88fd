import type { ColumnRules } from '../../base/columns.js';
import { messageOf, RefusedError, UnavailableError } from '../../base/errors.js';
import type { HistoryPage } from '../../base/history-page.js';
import type { SearchedPages } from '../../base/history-search.js';
import type { PaneId, PaneName, SessionName } from '../../base/ids.js';
import type { LoopShare } from '../../base/loop-share.js';
import type { OutputPage } from '../../base/output-page.js';
import type { PaneDescription, PaneRequest } from '../../base/pane.js';
import type { PartWatch } from '../../base/part-watch.js';
import { NOBODY } from '../../base/presence.js';
import { PrivateFolder } from '../../base/private-folder.js';
import type { ReloadChange } from '../../base/reload-report.js';
import type { SessionDescription } from '../../base/session-description.js';
import type { TerminalSize } from '../../base/terminal-size.js';
import type {
  DriverView,
  MirrorRequest,
  MirrorView,
  SessionCalls,
  ViewRequest,
} from '../../link/host-link.js';
import type { RequestOf } from '../../link/schema.js';
import type { DoorKey } from '../pane-door/door-key.js';
import type { SessionPlan } from '../plan/session-plan.js';
import { RuleEngine } from '../rules/rule-engine.js';
import { OutputWaits } from '../tap/output-waits.js';
import type { SessionTaps } from '../tap/session-taps.js';
import { askColumnRules } from '../tmux/column-rules.js';
import type { ControlConnection } from '../tmux/control-connection.js';
import { openTmuxClient } from '../tmux/tmux-client.js';
import { Triad, type TriadOptions } from '../triad/triad.js';
import { DriverClientView } from './driver-client-view.js';
import { InputGate } from './input-gate.js';
import { MirrorFeed } from './mirror-feed.js';
import { PaneInput } from './pane-input.js';
import { PanePages } from './pane-pages.js';
import { watchParts } from './parts-on-record.js';
import { SessionBoard } from './session-board.js';
import { SessionDoor } from './session-door.js';
import { type KeyTarget, TypedInput } from './typed-input.js';
import { WindowSize } from './window-size.js';

/** How many mirrors there may be: one for each gateway, and those that are being replaced. */
const MAX_MIRRORS = 16;
/** How many reads of 4 KiB, the most the kernel gives of a terminal, take all that an input gate passes. */
const TURNS_TO_READ = 20;

export interface HostSessionOptions
  extends Omit<TriadOptions, 'onWindowsChanged' | 'onNotified' | 'onPaneChanged'> {
  readonly doorKey: DoorKey;
  /** The share of the event loop that all requests have together. */
  readonly share: LoopShare;
  /** The folder of the `triad` program that commands in panes find. */
  readonly programFolder: string;
  /** The taps of this session, not listening yet; opened and closed with it. */
  readonly taps: SessionTaps;
  /** What is wrong with the host as a whole, each with what to do. */
  readonly hostProblems: () => readonly string[];
}

/** One session as the link offers it: its views, its window size, and requests to its panes. */
export class HostSession implements SessionCalls {
  readonly name: SessionName;
  readonly #options: HostSessionOptions;
  readonly #pages: PanePages;
  readonly #triad: Triad;
  readonly #taps: SessionTaps;
  readonly #waits: OutputWaits;
  readonly #windowSize: WindowSize;
  readonly #door: SessionDoor;
  readonly #board: SessionBoard;
  readonly #typed: TypedInput;
  readonly #input: PaneInput;
  readonly #rules: RuleEngine;
  #plan: SessionPlan;
  #presence = NOBODY;
  #columns:
    | { readonly control: ControlConnection; readonly rules: Promise<ColumnRules> }
    | undefined;
  readonly #mirrors = new Set<MirrorFeed>();
  #isOpen = false;
  /** The first description of each pane while the session is being opened, when rules may not act yet. */
  readonly #found = new Map<PaneName, PaneDescription>();
  readonly #parts: PartWatch;

  constructor(options: HostSessionOptions) {
    this.name = options.plan.name;
    this.#options = options;
    this.#parts = watchParts(options, this.name);
    const { server, share, log } = options;
    this.#pages = new PanePages({ server, share, owner: `session ${this.name}`, log });
    this.#taps = options.taps;
    this.#waits = new OutputWaits(options.clock);
    // Sizes are set one after the other: two at once could leave windows of two sizes.
    let sized = Promise.resolve();
    this.#windowSize = new WindowSize(options.plan.size, (size) => {
      sized = sized.then(() => this.#sizeWindows(size));
    });
    const onWindowsChanged = () => {
      this.#windowSize.again();
      this.#board.forget();
      this.#showBoard();
    };
    const onNotified = (name = '', rest = '') => {
      this.#typed.notified(name, rest);
      this.#showBoard();
      for (const mirror of this.#mirrors) mirror.check();
    };
    this.#board = new SessionBoard({
      getControl: () => this.#triad.getControl(),
      getSessionId: () => this.#triad.getSessionId(),
      log: options.log,
    });
    this.#typed = new TypedInput({
      ...{ taps: options.taps, clock: options.clock, panes: () => this.#triad.panes },
      ask: (pane) => this.#keyTarget(pane),
    });
    this.#input = new PaneInput({
      ...{ typed: this.#typed, taps: options.taps, clock: options.clock },
      getControl: () => this.#triad.getControl(),
      getRunning: (pane) => this.#runningPaneId(pane),
    });
    this.#door = new SessionDoor({
      ...{ ...options, key: options.doorKey },
      ask: (pane, request) => this.#ask(pane, request),
    });
    this.#plan = this.#equipped(options.plan);
    this.#rules = this.#makeRules(options);
    const onPaneChanged = (pane: PaneDescription) => {
      if (this.#isOpen) this.#tellRules(pane);
      else if (!this.#found.has(pane.name)) this.#found.set(pane.name, pane);
      this.#showBoard();
    };
    const callbacks = { onWindowsChanged, onNotified, onPaneChanged };
    this.#triad = new Triad({ ...options, ...callbacks, plan: this.#plan });
  }

  async open(): Promise<void> {
    await this.#taps.listen();
    await this.#door.open();
    const folder = new PrivateFolder({
      name: 'folder of its sockets',
      path: this.#options.directory,
    });
    this.#parts.add(folder, ...this.#taps.parts, ...this.#door.parts, ...this.#triad.parts);
    await this.#triad.open();
    this.#isOpen = true;
    void this.#typed.poll();
    for (const pane of this.#found.values()) this.#tellRules(pane);
    for (const pane of this.describe().panes) this.#tellRules(pane);
    this.#found.clear();
    this.#showBoard();
  }

  /** Undoes `open`: ends the session if this run made it. */
  async abandon(): Promise<void> {
    if (this.#isOpen && !this.#triad.describe().adopted) await this.end();
    else await this.close();
  }

  /** Ends the supervision; views go on. Idempotent. */
  letGo(): void {
    this.#rules.close();
    this.#triad.close();
  }

  async close(): Promise<void> {
    this.letGo();
    this.#stopServing();
    for (const mirror of this.#mirrors) mirror.close();
    await this.#closeParts();
  }

  async end(): Promise<void> {
    this.#rules.close();
    this.#stopServing();
    try {
      await this.#triad.end();
    } finally {
      await this.#closeParts();
    }
  }

  describe(): SessionDescription {
    const described = this.#triad.describe();
    const others = [...this.#parts.problems, ...this.#options.hostProblems()];
    return { ...described, problems: [...described.problems, ...others] };
  }

  openDriver(request: ViewRequest): DriverView {
    const driver = {};
    const typed = this.#typed.openDriver((bytes) => {
      this.#windowSize.typed(driver);
      this.#input.turns.typed(driver, bytes);
    });
    const gate = new InputGate({ isRead: () => this.#isInputRead(), clock: this.#options.clock });
    const onInput = (bytes: Uint8Array): void => {
      typed(bytes);
      gate.gave(bytes.length);
    };
    const { server } = this.#options;
    const sessionId = this.#triad.getSessionId();
    const { term, size } = request;
    const input = { onInput, inputRoom: () => (this.#input.turns.isHeld ? 0 : gate.room) };
    const view = new DriverClientView({
      request,
      openClient: (onOutput) =>
        openTmuxClient({ server, sessionId, term, size, onOutput, ...input }),
      isSessionThere: () => this.#triad.isThere(sessionId),
      onResize: (size) => this.#windowSize.resized(driver, size),
    });
    this.#windowSize.came(driver, request.size);
    void view.ended.then(() => {
      gate.close();
      this.#windowSize.left(driver);
      this.#input.turns.left(driver);
    });
    return view;
  }

  async openMirror(request: MirrorRequest): Promise<MirrorView> {
    if (this.#mirrors.size >= MAX_MIRRORS) {
      throw new UnavailableError(`${this.name} has ${MAX_MIRRORS} mirrors already`);
    }
    const sessionId = this.#triad.getSessionId();
    const mirror = new MirrorFeed({
      ...{ request, sessionId, server: this.#options.server, log: this.#options.log },
      getControl: () => this.#triad.getControl(),
      columns: () => this.#askColumns(),
      isSessionThere: () => this.#triad.isThere(sessionId),
    });
    this.#mirrors.add(mirror);
    void mirror.ended.then(() => this.#mirrors.delete(mirror));
    await mirror.open();
    return mirror;
  }

  async history({ pane, ...request }: RequestOf<'history'>): Promise<HistoryPage> {
    const target = { sessionId: this.#triad.getSessionId(), id: pane };
    return this.#pages.history(target, request);
  }

  async search({ pane, ...request }: RequestOf<'search'>): Promise<SearchedPages> {
    const target = { sessionId: this.#triad.getSessionId(), id: pane };
    return this.#pages.search(target, request);
  }

  async pane({ pane, ask }: RequestOf<'pane'>): Promise<readonly string[]> {
    return this.#ask(pane, ask);
  }

  async supervise({ pane, action }: RequestOf<'supervise'>): Promise<void> {
    await this.#triad.supervise(action, pane);
  }

  /** Makes the session what `plan` says; only panes with another program are restarted. */
  async apply(plan: SessionPlan): Promise<readonly ReloadChange[]> {
    this.#door.setPlan(plan);
    this.#plan = this.#equipped(plan);
    this.#rules.setPlan(plan.rules);
    this.#windowSize.policy = plan.size;
    return this.#triad.apply(this.#plan);
  }

  async output({ pane, ...request }: RequestOf<'output'>): Promise<OutputPage> {
    // A pane that is neither configured nor adopted has no output: this throws for it.
    this.#triad.getPane(pane);
    return this.#waits.read(this.#taps.output(pane), request);
  }

  async present({ drivers, observers }: RequestOf<'present'>): Promise<void> {
    this.#presence = { drivers, observers };
    this.#showBoard();
  }

  #stopServing(): void {
    this.#waits.close();
    this.#windowSize.close();
    this.#typed.close();
    this.#input.turns.close();
  }

  async #closeParts(): Promise<void> {
    this.#parts.close();
    await this.#door.close();
    await this.#taps.close();
  }

  /** Does what is asked of a pane. @returns the text to print, in pieces. */
  async #ask(pane: PaneName, request: PaneRequest): Promise<readonly string[]> {
    switch (request.verb) {
      case 'send':
        await this.#input.send(pane, request);
        return [];
      case 'keys':
        await this.#input.press(pane, request.keys);
        return [];
      case 'signal':
        this.#triad.getPane(pane).signal(request.signal);
        return [];
      case 'capture': {
        const target = { sessionId: this.#triad.getSessionId(), id: this.#paneId(pane) };
        return this.#pages.capture(target, request);
      }
    }
  }

  #tellRules({ name, state, question }: PaneDescription): void {
    this.#rules.paneChanged(name, { state, question });
  }

  /** Updates borders and status line; costs little where nothing is new. */
  #showBoard(): void {
    this.#board.show(this.describe(), this.#presence);
  }

  /** The plan with the pane door's variables in the environment of each pane. */
  #equipped(plan: SessionPlan): SessionPlan {
    const path = this.#options.server.env['PATH'] ?? '';
    const panes = plan.panes.map((pane) => {
      const env = { ...pane.program.env, ...this.#door.paneEnv(pane, path) };
      return { ...pane, program: { ...pane.program, env } };
    });
    return { ...plan, panes };
  }

  #makeRules({ clock, log, record, cwd, server }: HostSessionOptions): RuleEngine {
    return new RuleEngine({
      ...{ session: this.name, plan: this.#plan.rules, clock, log, record },
      ports: {
        ask: (pane, request) => this.#ask(pane, request),
        restart: (pane) => this.#triad.supervise('restart', pane),
        notify: (text) => this.#board.notify(text),
      },
      output: (pane) => this.#taps.output(pane),
      surroundings: (pane) => {
        const program = this.#plan.panes.find(({ name }) => name === pane)?.program;
        return { cwd: program?.cwd ?? cwd, env: { ...server.env, ...program?.env } };
      },
    });
  }

  /** Whether the active pane has read all keys; true where that is no pane of ours. */
  async #isInputRead(): Promise<boolean> {
    if (!(await this.#isTerminalEmpty())) return false;
    // Keys that tmux has not read from its client are in no pane yet; it reads a piece before each answer.
    for (let turn = 0; turn < TURNS_TO_READ; turn += 1) await this.#keyTarget(null);
    return this.#isTerminalEmpty();
  }

  async #isTerminalEmpty(): Promise<boolean> {
    const { id } = await this.#keyTarget(null);
    const pane = this.#triad.panes.find((each) => each.id === id);
    const waiting = pane === undefined ? undefined : await this.#taps.waitingInput(pane.name);
    return waiting === undefined || waiting === 0;
  }

  /** Asks once per connection with a tmux server: the rules change only by a person's `set-option`. */
  #askColumns(): Promise<ColumnRules> {
    const control = this.#triad.getControl();
    if (this.#columns?.control === control) return this.#columns.rules;
    const rules = askColumnRules(control);
    this.#columns = { control, rules };
    rules.catch(() => {
      this.#columns = undefined;
    });
    return rules;
  }

  /** Asks tmux about a pane, or with null about the active one. */
  async #keyTarget(pane: PaneId | null): Promise<KeyTarget> {
    const target = pane ?? this.#triad.getSessionId();
    const fields = { id: 'pane_id', isShared: 'synchronize-panes' } as const;
    const [row] = await this.#triad.getControl().rows('display-message', fields, ['-t', target]);
    if (row === undefined) throw new UnavailableError(`tmux does not tell of ${target}`);
    return row;
  }

  #paneId(name: PaneName): PaneId {
    const { id } = this.#triad.getPane(name);
    if (id === null) {
      throw new RefusedError(`${name} was closed, and is being made again`, {
        hint: 'triad status',
      });
    }
    return id;
  }

  /** @throws RefusedError where the command has ended: tmux would take its keys without an error. */
  #runningPaneId(name: PaneName): PaneId {
    const id = this.#paneId(name);
    if (this.#triad.getPane(name).isRunning) return id;
    throw new RefusedError(`the command of ${name} is not running`, { hint: 'triad status' });
  }

  /** Sizes each window by resize-window, since a global `window-size manual` crashes tmux 3.3 to 3.6. */
  async #sizeWindows(terminal: TerminalSize): Promise<void> {
    try {
      const control = this.#triad.getControl();
      const session = this.#triad.getSessionId();
      const [line] = await control.rows('display-message', { status: 'status' }, ['-t', session]);
      const size = [
        '-x',
        `${terminal.cols}`,
        '-y',
        `${terminal.rows - statusRows(line?.status ?? '')}`,
      ];
      const windows = await control.rows('list-windows', { id: 'window_id' }, ['-t', session]);
      // All questions are sent at once: a window that was closed meanwhile must not prevent the others.
      await Promise.all(windows.map(({ id }) => control.ask('resize-window', ['-t', id, ...size])));
      await this.#triad.sized();
    } catch (error) {
      this.#options.log.debug({ reason: messageOf(error) }, 'windows not sized');
    }
  }
}

/** How many lines tmux's `status` option (`off`, `on` or a number) takes from a window. */
function statusRows(status: string): number {
  if (status === 'off') return 0;
  return /^[2-5]$/.test(status) ? Number(status) : 1;
}
