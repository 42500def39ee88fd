import { createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { Clock } from '../base/clock.js';
import { RefusedError } from '../base/errors.js';
import type { PaneName, SessionName } from '../base/ids.js';
import type { Part } from '../base/part.js';
import { Throttle } from '../base/throttle.js';
import { KeptSocket } from '../base/unix-socket.js';
import { visible } from '../base/visible.js';
import type { EventKind, NewHostEvent } from '../link/host-event.js';
import type { PaneTelemetry } from '../link/host-link.js';
import type { Logger } from '../log/logger.js';
import type { LogFilePlan } from './log-file-plan.js';
import { type LogFileNews, LogWriter, type LogWriterOptions } from './log-writer.js';
import type { PaneOutput, PastOutput } from './pane-output.js';
import { quoteForPipe } from './pipe-quoting.js';
import type { ProcessTable } from './process-table.js';
import { serveTap, type TapReceiver } from './tap-connection.js';
import { TapProtocolError, UNKNOWN_INPUT } from './tap-protocol.js';
import { TappedOutput } from './tapped-output.js';
import type { Taps } from './taps.js';

export interface SessionTapsOptions {
  readonly session: SessionName;
  /** Private (0700) and this session's own: the taps' socket. */
  readonly directory: string;
  /** The compiled tap (`tap.cc`). */
  readonly tapPath: string;
  /** Where log files are; made when one is asked for. */
  readonly logDirectory: string;
  readonly processes: ProcessTable;
  readonly clock: Clock;
  readonly log: Logger;
  readonly record: (event: NewHostEvent) => void;
  /** How log files are opened; tests have disks that are full. */
  readonly openLogFile?: LogWriterOptions['open'];
}

interface TappedPane {
  readonly output: TappedOutput;
  /** Of the newest tap. */
  connection: Socket | undefined;
  logPlan: LogFilePlan | undefined;
  log: LogWriter | undefined;
  /** One change after the other: two writers at once would mix their lines. Never rejects. */
  logChanged: Promise<void>;
  /** Who waits for how much input waits; at most one for each typist. */
  onInput: ((bytes: number) => void)[];
  readonly lostOutput: Throttle;
  lostBytes: number;
}

/** One per pane, and those that are being replaced. */
const MAX_CONNECTIONS = 512;
const MINUTE_MS = 60_000;

/** The taps of one session: tmux starts one program per pane, which connects to a socket of ours. */
export class SessionTaps implements Taps {
  readonly #options: SessionTapsOptions;
  readonly #server: Server;
  readonly #panes = new Map<PaneName, TappedPane>();
  readonly #connections = new Set<Socket>();
  #socket: KeptSocket | undefined;

  constructor(options: SessionTapsOptions) {
    this.#options = options;
    this.#server = createServer((socket) => this.#accept(socket));
    this.#server.maxConnections = MAX_CONNECTIONS;
  }

  /**
   * Lets taps connect; for once.
   *
   * @throws RefusedError when another process has the taps of this session.
   */
  async listen(): Promise<void> {
    const taken = () =>
      new RefusedError(`another process runs the session ${this.#options.session}`);
    const place = { name: 'socket of the taps', path: this.#socketPath, taken };
    this.#socket = await KeptSocket.listen(this.#server, place);
  }

  /** To be watched: without it no pane can be tapped anew. */
  get parts(): readonly Part[] {
    return this.#socket === undefined ? [] : [this.#socket];
  }

  output(pane: PaneName): PaneOutput {
    return this.#get(pane).output;
  }

  recall(pane: PaneName, past: PastOutput | undefined): void {
    this.#get(pane).output.recall(past);
  }

  /** Somebody is about to type `bytes` into one of `panes`; see `TappedOutput.type`. */
  type(panes: readonly PaneName[], bytes: Uint8Array, round: number): void {
    for (const pane of panes) this.#get(pane).output.type(bytes, round);
  }

  /** Bytes of input that the pane's program has not read; undefined where nobody can tell. */
  async waitingInput(name: PaneName): Promise<number | undefined> {
    const pane = this.#panes.get(name);
    const connection = pane?.connection;
    if (pane === undefined || connection === undefined || connection.destroyed) return undefined;
    const count = await new Promise<number>((resolve) => {
      pane.onInput.push(resolve);
      if (pane.onInput.length === 1) connection.write('?');
    });
    return count === UNKNOWN_INPUT ? undefined : count;
  }

  /** Nothing of this round was typed into `panes`. */
  acquit(panes: readonly PaneName[], round: number): void {
    for (const pane of panes) this.#get(pane).output.acquit(round);
  }

  pipeCommand(pane: PaneName): string {
    this.#get(pane);
    const words = [this.#options.tapPath, this.#socketPath, pane];
    return `exec ${words.map(quoteForPipe).join(' ')} #{pane_tty}`;
  }

  isTapped(pane: PaneName): boolean {
    return this.#panes.get(pane)?.connection !== undefined;
  }

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

  problem(pane: PaneName): string | undefined {
    return this.#panes.get(pane)?.log?.problem;
  }

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

  async close(): Promise<void> {
    const closed = this.#socket?.close();
    for (const socket of this.#connections) socket.destroy();
    for (const name of this.#panes.keys()) this.setLogFile(name, undefined);
    for (const pane of this.#panes.values()) {
      await pane.logChanged;
      pane.output.close();
    }
    await closed;
  }

  get #socketPath(): string {
    return join(this.#options.directory, 'taps.sock');
  }

  #get(name: PaneName): TappedPane {
    const known = this.#panes.get(name);
    if (known !== undefined) return known;
    const { clock } = this.#options;
    const pane: TappedPane = {
      output: new TappedOutput({ clock }),
      ...{ connection: undefined, logPlan: undefined, log: undefined },
      ...{ logChanged: Promise.resolve(), onInput: [] },
      lostOutput: new Throttle({ max: 1, windowMs: MINUTE_MS, now: () => clock.elapsed() }),
      lostBytes: 0,
    };
    this.#panes.set(name, pane);
    return pane;
  }

  #openLog(name: PaneName, plan: LogFilePlan, from: number): LogWriter {
    const { clock, log, logDirectory, openLogFile } = this.#options;
    return new LogWriter({
      ...{ plan, clock, from, output: this.#get(name).output },
      path: join(logDirectory, `${name}.log`),
      log: log.child({ pane: name }),
      onNews: (news) => this.#recordLogFile(name, news),
      ...(openLogFile === undefined ? {} : { open: openLogFile }),
    });
  }

  #accept(socket: Socket): void {
    this.#connections.add(socket);
    socket.once('close', () => this.#connections.delete(socket));
    serveTap(socket, {
      clock: this.#options.clock,
      onPane: (name) => this.#connect(name, socket),
      onRefused: (error) => this.#options.log.warn({ error }, 'tap refused'),
    });
  }

  /** The newest tap of a pane is the one that tmux writes to. */
  #connect(text: string, socket: Socket): TapReceiver {
    const entry = [...this.#panes].find(([name]) => name === text);
    if (entry === undefined) throw new TapProtocolError(`there is no pane ${visible(text)}`);
    const [name, pane] = entry;
    pane.connection?.destroy();
    pane.connection = socket;
    tellInput(pane, UNKNOWN_INPUT);
    socket.once('close', () => {
      if (pane.connection !== socket) return;
      pane.connection = undefined;
      tellInput(pane, UNKNOWN_INPUT);
    });
    return {
      append: (bytes) => pane.output.append(bytes),
      skip: (bytes) => this.#lost(name, bytes),
      input: (bytes) => tellInput(pane, bytes),
    };
  }

  #lost(name: PaneName, bytes: number): void {
    const pane = this.#get(name);
    pane.output.skip(bytes);
    pane.lostBytes += bytes;
    pane.lostOutput.write(() => {
      const text = `${pane.lostBytes} bytes of its output came too fast and are lost`;
      this.#record(name, 'output-lost', { text, facts: { bytes: pane.lostBytes } });
      pane.lostBytes = 0;
    });
  }

  #recordLogFile(name: PaneName, { text, isFailure, code }: LogFileNews): void {
    this.#record(name, 'log-file', { text, facts: { isFailure, code } });
  }

  #record(
    pane: PaneName,
    kind: EventKind,
    { text, facts }: Pick<NewHostEvent, 'text' | 'facts'>,
  ): void {
    const { session, record } = this.#options;
    record({ kind, session, pane, by: null, text, facts });
  }
}

function tellInput(pane: TappedPane, bytes: number): void {
  const waiting = pane.onInput;
  pane.onInput = [];
  for (const tell of waiting) tell(bytes);
}
