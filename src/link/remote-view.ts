import type { ClientHttp2Stream } from 'node:http2';
import { withDeadline } from '../base/deadline.js';
import type { TerminalSize } from '../base/terminal-size.js';
import type { DriverView, View, ViewEnd } from './host-link.js';
import type { LinkConnection } from './link-connection.js';
import { END_TRAILER, type ViewKind } from './protocol.js';
import type { RequestOf } from './schema.js';
import { viewEndSchema } from './schema.js';

/** Above this `write` asks for no more. */
const INPUT_MARK_BYTES = 64 * 1024;
/** Above this the view is given up: whoever fills it does not heed the mark. */
const MAX_INPUT_BYTES = 16 * 1024 * 1024;
/** The host starts a tmux client for it. */
const OPEN_LIMIT_MS = 30_000;
/** The host ends a view within 2 s. */
const CLOSE_LIMIT_MS = 10_000;

export interface RemoteViewOptions {
  readonly connection: LinkConnection;
  readonly request: {
    readonly session: string;
    readonly term: string;
    readonly size: TerminalSize;
  };
  readonly onOutput: (bytes: Uint8Array) => void;
}

/**
 * The gateway's end of one view. While it is blocked its stream is not read: the window of the stream
 * fills, and the host drops what comes after. It has no way in: `RemoteDriverView` adds one.
 */
export class RemoteView implements View {
  readonly ended: Promise<ViewEnd>;
  protected readonly stream: ClientHttp2Stream;
  readonly #connection: LinkConnection;
  readonly #onOutput: (bytes: Uint8Array) => void;
  #end: ViewEnd | undefined;
  #isBlocked = false;
  #size: TerminalSize | undefined;
  #isResizing = false;

  protected constructor(kind: ViewKind, { connection, request, onOutput }: RemoteViewOptions) {
    this.#connection = connection;
    this.#onOutput = onOutput;
    this.stream = connection.openView(kind, request);
    this.stream.once('trailers', (trailers: Record<string, unknown>) =>
      this.#noteEnd(trailers[END_TRAILER]),
    );
    this.stream.once('end', () => this.stream.end());
    this.ended = new Promise((resolve) => {
      const lost: ViewEnd = { reason: 'lost', isTerminalRestored: false };
      this.stream.once('close', () => resolve(this.#end ?? lost));
    });
  }

  /** @throws UnavailableError when the session is not running; LinkLostError. */
  static async open(options: RemoteViewOptions): Promise<View> {
    return RemoteView.opened(new RemoteView('observer', options));
  }

  protected static async opened<V extends RemoteView>(view: V): Promise<V> {
    try {
      const accepted = view.#connection.accepted(view.stream);
      await withDeadline(accepted, OPEN_LIMIT_MS, 'a view over the link');
      // It flows only when whoever awaits the view has it.
      view.stream.on('data', view.#onOutput);
      return view;
    } catch (error) {
      // A refusal was read to its end: resetting its stream would count against all others.
      if (view.stream.readableEnded) view.stream.end();
      else view.stream.destroy();
      throw error;
    }
  }

  /** Only the newest of several sizes is told, when the one before has arrived. */
  resize(size: TerminalSize): void {
    this.#size = size;
    if (!this.#isResizing) void this.#tellSizes();
  }

  setBlocked(isBlocked: boolean): void {
    this.#isBlocked = isBlocked;
    if (this.#end !== undefined) return;
    if (isBlocked) this.stream.pause();
    else this.stream.resume();
  }

  close(): void {
    if (this.#end !== undefined) return;
    this.#finish({ reason: 'closed', isTerminalRestored: false });
    void this.#call('close', { view: this.#id });
    const killer = setTimeout(() => this.stream.destroy(), CLOSE_LIMIT_MS);
    void this.ended.finally(() => clearTimeout(killer));
  }

  /** Gives the view up, and everything that waits to be sent. */
  protected fail(): void {
    this.#finish({ reason: 'failed', isTerminalRestored: false });
    this.stream.destroy();
  }

  protected get hasEnded(): boolean {
    return this.#end !== undefined;
  }

  get #id(): number {
    return this.stream.id ?? 0;
  }

  /** What is still to come of the output is thrown away: nobody may hold up the end. */
  #finish(end: ViewEnd): void {
    this.#end = end;
    this.stream.removeAllListeners('data');
    this.stream.removeAllListeners('drain');
    this.stream.resume();
  }

  #noteEnd(trailer: unknown): void {
    const end = parseEnd(trailer);
    if (this.#end !== undefined) return;
    if (this.#isBlocked) this.#finish({ ...end, isTerminalRestored: false });
    else this.#end = end;
  }

  async #tellSizes(): Promise<void> {
    this.#isResizing = true;
    for (let size = this.#size; size !== undefined && !this.hasEnded; size = this.#size) {
      this.#size = undefined;
      await this.#call('resize', { view: this.#id, size });
    }
    this.#isResizing = false;
  }

  /** One that fails was about a view that is gone. */
  async #call<C extends 'resize' | 'close'>(call: C, request: RequestOf<C>): Promise<void> {
    try {
      await this.#connection.call(call, request);
    } catch {
      // The end of the stream tells.
    }
  }
}

/** The view of somebody who may type. */
export class RemoteDriverView extends RemoteView implements DriverView {
  /** @throws UnavailableError when the session is not running; LinkLostError. */
  static override async open(options: RemoteViewOptions): Promise<DriverView> {
    return RemoteView.opened(new RemoteDriverView('driver', options));
  }

  write(bytes: Uint8Array): boolean {
    if (this.hasEnded || !this.stream.writable) return true;
    this.stream.write(bytes);
    if (this.stream.writableLength > MAX_INPUT_BYTES) this.fail();
    return this.stream.writableLength <= INPUT_MARK_BYTES;
  }

  onDrain(listener: () => void): void {
    this.stream.on('drain', listener);
  }
}

function parseEnd(trailer: unknown): ViewEnd {
  try {
    return viewEndSchema.parse(JSON.parse(String(trailer)));
  } catch {
    return { reason: 'failed', isTerminalRestored: false };
  }
}
