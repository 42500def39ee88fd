import { createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { type Clock, pause } from '../../base/clock.js';
import { RefusedError } from '../../base/errors.js';
import type { EventKind, NewHostEvent } from '../../base/host-event.js';
import type { PaneName, SessionName } from '../../base/ids.js';
import type { PaneTelemetry } from '../../base/pane.js';
import type { Part } from '../../base/part.js';
import { StoppedProcesses } from '../../base/stopped-processes.js';
import { Throttle } from '../../base/throttle.js';
import { KeptSocket } from '../../base/unix-socket.js';
import { visible } from '../../base/visible.js';
import type { Logger } from '../../log/logger.js';
import { LastSeen } from './last-seen.js';
import { LogWriter, type LogWriterOptions } from './log-writer.js';
import type { PaneOutput, PastOutput } from './pane-output.js';
import type { ProcessTable } from './process-table.js';
import type { LogFilePlan } from './schema.js';
import { serveTap, type TapReceiver } from './tap-connection.js';
import { CANONICAL_INPUT, type TapHello, TapProtocolError, UNKNOWN_INPUT } from './tap-protocol.js';
import { TapStream } from './tap-stream.js';
import { TappedOutput } from './tapped-output.js';

export interface SessionTapsOptions {
  readonly session: SessionName;
  /** The folder of the taps' socket, private (0700) and this session's own. */
  readonly directory: string;
  /** The compiled tap (`tap.cc`). */
  readonly tapPath: string;
  /** The folder of the log files, made when one is asked for. */
  readonly logDirectory: string;
  readonly processes: ProcessTable;
  readonly clock: Clock;
  readonly log: Logger;
  readonly record: (event: NewHostEvent) => void;
  /** How log files are opened; tests have disks that are full. */
  readonly openLogFile?: LogWriterOptions['open'];
}

class TappedPane {
  readonly output: TappedOutput;
  readonly lostOutput: Throttle;
  lostBytes = 0;
  /** The connection of the newest tap. */
  connection: Socket | undefined;
  stream: TapStream | undefined;
  pid: number | undefined;
  /** Epoch ms at which the last tap went away. */
  untappedAt: number | undefined;
  /** Whether output was not kept since then. */
  isMissing = false;
  logPlan: LogFilePlan | undefined;
  log: LogWriter | undefined;
  /** Runs changes one after the other: two writers at once would mix their lines. Never rejects. */
  logChanged = Promise.resolve();
  /** The questions about waiting input that are open; at most one for each driver. */
  onInput: ((bytes: number) => void)[] = [];

  constructor(clock: Clock) {
    this.output = new TappedOutput({ clock, roomBytes: MAX_PAST_BYTES });
    const now = () => clock.elapsed();
    this.lostOutput = new Throttle({ max: 1, windowMs: MINUTE_MS, now });
  }

  tellInput(bytes: number): void {
    const waiting = this.onInput;
    this.onInput = [];
    for (const tell of waiting) tell(bytes);
  }

  /** Takes for good what the log file has or, without one, what this host has read. */
  takeKept(): void {
    if (this.log !== undefined) this.stream?.take(this.log.kept);
    else if (this.logPlan === undefined) this.stream?.take(this.output.end);
  }
}

/** Room for one tap per pane, and for those that are being replaced. */
const MAX_CONNECTIONS = 512;
const MINUTE_MS = 60_000;
/** The room for what a pane showed before its output was read: a thousand long lines. */
const MAX_PAST_BYTES = 4 * 1024 * 1024;
/** A tap tries to connect to its next host four times a second. */
const RECONNECT_LIMIT_MS = 1_000;
const RECONNECT_POLL_MS = 20;

/**
 * Owns the taps of one session: tmux starts one per pane (tmux(1) pipe-pane), which connects to the socket here.
 * Promises that no pane is left unread, and that lost output is told. It must never hold more than its rings
 * do, nor write into a pane.
 */
export class SessionTaps {
  readonly #options: SessionTapsOptions;
  readonly #server: Server;
  readonly #panes = new Map<PaneName, TappedPane>();
  readonly #connections = new Set<Socket>();
  readonly #closing = new AbortController();
  #socket: KeptSocket | undefined;
  #lastSeen: LastSeen | undefined;

  constructor(options: SessionTapsOptions) {
    this.#options = options;
    this.#server = createServer((socket) => this.#accept(socket));
    this.#server.maxConnections = MAX_CONNECTIONS;
  }

  /**
   * Lets taps connect; to be called once.
   *
   * @throws RefusedError when another process has the taps of this session.
   */
  async listen(): Promise<void> {
    const taken = () =>
      new RefusedError(`another process runs the session ${this.#options.session}`);
    const address = { name: 'socket of the taps', path: this.#socketPath, taken };
    this.#socket = await KeptSocket.listen(this.#server, address);
    const { directory, clock } = this.#options;
    this.#lastSeen = new LastSeen(join(directory, 'host.seen'), clock);
  }

  /** The parts to watch: without the socket no tap connects, and tmux grows by what a stopped tap leaves unread. */
  get parts(): readonly Part[] {
    const taps = new StoppedProcesses('tap', () => this.#processes);
    return this.#socket === undefined ? [taps] : [this.#socket, taps];
  }

  /** The output of a pane; the same object for as long as the taps are open. */
  output(pane: PaneName): PaneOutput {
    return this.#get(pane).output;
  }

  /** Takes what the pane showed before its tap came; undefined when the run that printed it is over. */
  recall(pane: PaneName, past: PastOutput | undefined): void {
    const { output } = this.#get(pane);
    output.recall(past);
    if (past === undefined) return;
    const now = this.#options.clock.now();
    const about = 'above this is what the pane showed then, as far as it was kept';
    output.fill(past.shown, `[triad: taken over at ${wallTime(now, now)}: ${about}]`);
  }

  /** Notes that `bytes` are about to be typed into one of `panes`; see `TappedOutput.type`. */
  type(panes: readonly PaneName[], bytes: Uint8Array, round: number): void {
    for (const pane of panes) this.#get(pane).output.type(bytes, round);
  }

  /** How many bytes of input the pane's program has not read; undefined where that is not known. */
  async waitingInput(name: PaneName): Promise<number | undefined> {
    const input = await this.#askInput(name);
    return input === undefined ? undefined : input % CANONICAL_INPUT;
  }

  /** Whether the pane's terminal is in canonical mode (termios(3)); false where that is not known. */
  async isCanonical(name: PaneName): Promise<boolean> {
    return ((await this.#askInput(name)) ?? 0) >= CANONICAL_INPUT;
  }

  async #askInput(name: PaneName): Promise<number | undefined> {
    const pane = this.#panes.get(name);
    const connection = pane?.connection;
    if (pane === undefined || connection === undefined || connection.destroyed) return undefined;
    const count = await new Promise<number>((resolve) => {
      pane.onInput.push(resolve);
      if (pane.onInput.length === 1) connection.write('?');
    });
    return count === UNKNOWN_INPUT ? undefined : count;
  }

  /** Notes that nothing of this round was typed into `panes`. */
  forgetTyped(panes: readonly PaneName[], round: number): void {
    for (const pane of panes) this.#get(pane).output.forgetTyped(round);
  }

  /**
   * The shell command that tmux is to pipe the pane's output into (tmux(1) pipe-pane); it replaces an
   * earlier one.
   */
  pipeCommand(pane: PaneName, tty: string): string {
    this.#get(pane);
    const words = [this.#options.tapPath, this.#socketPath, pane];
    return `exec ${words.map(quoteForPipe).join(' ')} ${tty}`;
  }

  /** Notes that the pane had no tap for a while, which is told once its next tap connects. */
  missing(pane: PaneName): void {
    this.#get(pane).isMissing = true;
  }

  /** Resolves when the taps that an earlier host left in these panes have connected, or after a second. */
  async reconnected(names: readonly PaneName[]): Promise<void> {
    const { clock } = this.#options;
    const panes = names.map((name) => this.#get(name));
    const isAway = ({ stream }: TappedPane) => stream === undefined || stream.isLate;
    const until = clock.elapsed() + RECONNECT_LIMIT_MS;
    const { signal } = this.#closing;
    while (!signal.aborted && panes.some(isAway) && clock.elapsed() < until) {
      await pause({ clock, delayMs: RECONNECT_POLL_MS, signal });
    }
  }

  /** Whether a tap of the pane is connected now. */
  isTapped(pane: PaneName): boolean {
    return this.#panes.get(pane)?.connection !== undefined;
  }

  /** The pane of the tap that was started with these words; undefined for a program that is no tap of ours. */
  findTapped([, path, name]: readonly string[]): PaneName | undefined {
    return path === this.#socketPath
      ? [...this.#panes.keys()].find((each) => each === name)
      : undefined;
  }

  /** @param pid is the process id of the pane's command; null while none runs. */
  telemetry(pane: PaneName, pid: number | null): PaneTelemetry {
    const { output } = this.#get(pane);
    const usage = pid === null ? undefined : this.#options.processes.usageOf(pid);
    return {
      linesPerSecond: output.linesPerSecond,
      bytesPerSecond: output.bytesPerSecond,
      lastOutputAt: output.lastAt ?? null,
      cpu: usage?.cpu ?? null,
      memoryBytes: usage?.memoryBytes ?? null,
      processes: usage?.processes ?? null,
    };
  }

  /** What is wrong with the pane's log file, in words for people; undefined when nothing is. */
  problem(pane: PaneName): string | undefined {
    return this.#panes.get(pane)?.log?.problem;
  }

  /** Keeps so many bytes of the pane's output from now on. */
  setLimit(name: PaneName, maxBytes: number | undefined): void {
    this.#get(name).output.limit(maxBytes);
  }

  /** Copies the pane's output into this file from now on, or into none. */
  setLogFile(name: PaneName, plan: LogFilePlan | undefined): void {
    const pane = this.#get(name);
    if (isDeepStrictEqual(pane.logPlan, plan)) return;
    pane.logPlan = plan;
    const from = pane.output.end;
    pane.logChanged = pane.logChanged.then(async () => {
      const old = pane.log;
      await old?.close();
      pane.log = plan === undefined ? undefined : this.#openLog(name, plan, old?.at ?? from);
    });
  }

  /** Closes the connections of the taps, which then wait for the next host, and the files. Idempotent. */
  async close(): Promise<void> {
    this.#closing.abort();
    const closed = this.#socket?.close();
    await Promise.all([...this.#panes.values()].map((pane) => this.#letGo(pane)));
    this.#lastSeen?.close();
    const left = [...this.#connections].map(
      (socket) => new Promise((resolve) => socket.once('close', resolve)),
    );
    for (const socket of this.#connections) socket.destroySoon();
    await Promise.all([closed, ...left]);
  }

  /** Tells the tap for the last time what is taken for good; the rest goes to the next host. */
  async #letGo(pane: TappedPane): Promise<void> {
    await pane.logChanged;
    await pane.log?.close(pane.connection !== undefined);
    pane.takeKept();
    pane.stream?.tell();
    pane.stream = undefined;
    pane.output.close();
  }

  /** The taps that are connected, and so alive. */
  get #processes(): ReadonlyMap<number, string> {
    const known = [...this.#panes].flatMap(([name, { connection, pid }]) =>
      connection === undefined || pid === undefined ? [] : [[pid, `of ${name}`] as const],
    );
    return new Map(known);
  }

  get #socketPath(): string {
    return join(this.#options.directory, 'taps.sock');
  }

  #get(name: PaneName): TappedPane {
    const known = this.#panes.get(name);
    if (known !== undefined) return known;
    const pane = new TappedPane(this.#options.clock);
    this.#panes.set(name, pane);
    return pane;
  }

  #openLog(name: PaneName, plan: LogFilePlan, from: number): LogWriter {
    const { clock, log, logDirectory, openLogFile } = this.#options;
    return new LogWriter({
      ...{ plan, clock, from, output: this.#get(name).output },
      onKept: () => this.#get(name).takeKept(),
      path: join(logDirectory, `${name}.log`),
      log: log.child({ pane: name }),
      onNews: ({ text, ...facts }) => this.#record(name, 'log-file', { text, facts }),
      ...(openLogFile === undefined ? {} : { open: openLogFile }),
    });
  }

  #accept(socket: Socket): void {
    this.#connections.add(socket);
    socket.once('close', () => this.#connections.delete(socket));
    serveTap(socket, {
      clock: this.#options.clock,
      onPane: (hello) => this.#connect(hello, socket),
      onRefused: (error) => this.#options.log.warn({ error }, 'tap refused'),
    });
  }

  /** Takes a tap in, and closes the one before it: tmux writes to the newest tap of a pane. */
  #connect(hello: TapHello, socket: Socket): TapReceiver {
    const entry = [...this.#panes].find(([name]) => name === hello.name);
    if (entry === undefined) throw new TapProtocolError(`there is no pane ${visible(hello.name)}`);
    const [name, pane] = entry;
    pane.connection?.destroy();
    pane.connection = socket;
    pane.pid = hello.pid;
    pane.tellInput(UNKNOWN_INPUT);
    if (pane.isMissing) this.#tellGap(name, pane);
    const stream = new TapStream(
      socket,
      { output: pane.output, clock: this.#options.clock },
      hello,
    );
    pane.stream = stream;
    socket.once('close', () => {
      if (pane.connection !== socket) return;
      pane.connection = undefined;
      pane.stream = undefined;
      pane.untappedAt = this.#options.clock.now();
      pane.tellInput(UNKNOWN_INPUT);
    });
    return {
      append: (bytes) => {
        stream.append(bytes);
        pane.takeKept();
      },
      skip: (bytes) => this.#lost(name, bytes, stream.isLate),
      input: (bytes) => pane.tellInput(bytes),
    };
  }

  /** Tells that nobody read the pane's output since its last tap, of this host or the one before. */
  #tellGap(name: PaneName, pane: TappedPane): void {
    pane.isMissing = false;
    const to = this.#options.clock.now();
    const from = pane.untappedAt ?? this.#lastSeen?.before ?? null;
    const when = `${from === null ? 'until' : `from ${wallTime(from, to)} to`} ${wallTime(to, to)}`;
    pane.output.appendMark(`[triad: output ${when} was not kept]`);
    const text = `its output ${when} was not kept: its tap had ended`;
    this.#record(name, 'output-lost', { text, facts: { bytes: null, from, to } });
  }

  #lost(name: PaneName, bytes: number, isLate: boolean): void {
    const pane = this.#get(name);
    if (isLate) pane.output.skipLate(bytes);
    else pane.output.skip(bytes);
    pane.lostBytes += bytes;
    pane.lostOutput.write(() => {
      const why = isLate ? 'while no host was there, more than its tap keeps,' : 'too fast';
      const text = `${pane.lostBytes} bytes of its output came ${why} and are lost`;
      this.#record(name, 'output-lost', { text, facts: { bytes: pane.lostBytes } });
      pane.lostBytes = 0;
    });
  }

  #record(pane: PaneName, kind: EventKind, what: Pick<NewHostEvent, 'text' | 'facts'>): void {
    const { session, record } = this.#options;
    record({ kind, session, pane, by: null, ...what });
  }
}

/** The local time of day, with the date where it is not that of `now`. */
function wallTime(epochMs: number, now: number): string {
  const [day, today] = [epochMs, now].map((each) => new Date(each).toLocaleDateString('sv'));
  const clock = new Date(epochMs).toLocaleTimeString('sv');
  return day === today ? clock : `${day} ${clock}`;
}

/**
 * Quotes a word of a shell command for tmux's `pipe-pane`, which first reads it as a date format
 * (strftime(3)) and as a format of its own (tmux(1), FORMATS), and then gives it to `sh -c`.
 */
function quoteForPipe(word: string): string {
  // tmux leaves `##[` as it is (tmux(1), STYLES): the empty quotes keep a bracket away from `##`.
  const kept = word.replaceAll("'", `'\\''`).replaceAll('%', '%%').replaceAll('#', "##''");
  return `'${kept}'`;
}
