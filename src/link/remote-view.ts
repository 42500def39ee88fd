import type { ClientHttp2Stream } from 'node:http2';
import { withDeadline } from '../base/deadline.js';
import { type View, type ViewEnd, viewEndSchema } from '../base/view.js';
import type { LinkConnection } from './link-connection.js';
import { END_TRAILER } from './protocol.js';
import type { RequestOf, ViewChange, ViewKind } from './schema.js';

/** Long enough for the host to start a tmux client for the view. */
const OPEN_LIMIT_MS = 30_000;
/** Long enough for a host that answers, which ends a view within 2 s. */
const CLOSE_LIMIT_MS = 10_000;

export interface RemoteViewOptions {
  readonly connection: LinkConnection;
  readonly kind: ViewKind;
  readonly request: RequestOf<ViewKind>;
}

/**
 * The gateway's end of one view. While it is blocked its stream is not read: the window of the stream
 * fills, and the host drops what comes after. Each kind of view takes the bytes of the stream its
 * own way; there is no way in, `RemoteDriverView` adds one.
 */
export abstract class RemoteView implements View {
  readonly ended: Promise<ViewEnd>;
  protected readonly stream: ClientHttp2Stream;
  readonly #connection: LinkConnection;
  #end: ViewEnd | undefined;
  #isBlocked = false;
  #isFinished = false;

  protected constructor({ connection, kind, request }: RemoteViewOptions) {
    this.#connection = connection;
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

  /** Takes bytes that the view has sent. */
  protected abstract receive(bytes: Uint8Array): void;

  /** @throws UnavailableError when the session is not running; LinkLostError. */
  protected static async opened<V extends RemoteView>(view: V): Promise<V> {
    try {
      const accepted = view.#connection.accepted(view.stream);
      await withDeadline(accepted, OPEN_LIMIT_MS, 'a view over the link');
      // Listening here lets the stream flow, and not before the host has accepted the view.
      view.stream.on('data', (bytes: Buffer) => view.receive(bytes));
      return view;
    } catch (error) {
      // A refusal was read to its end: resetting its stream would count against all others.
      if (view.stream.readableEnded) view.stream.end();
      else view.stream.destroy();
      throw error;
    }
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
    void this.tell({ view: this.id, isClosed: true });
    const killer = setTimeout(() => this.stream.destroy(), CLOSE_LIMIT_MS);
    void this.ended.finally(() => clearTimeout(killer));
  }

  /** Gives the view up, and everything that waits to be sent. */
  protected fail(): void {
    this.#finish({ reason: 'failed', isTerminalRestored: false });
    this.stream.destroy();
  }

  /** Whether nothing more of the view is wanted. */
  protected get isFinished(): boolean {
    return this.#isFinished;
  }

  protected get hasEnded(): boolean {
    return this.#end !== undefined;
  }

  protected get id(): number {
    return this.stream.id ?? 0;
  }

  /** Throws away the output that is still to come, so that it does not hold up the end. */
  #finish(end: ViewEnd): void {
    this.#end = end;
    this.#isFinished = true;
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

  /** Tells the host of a change; where that fails, the view is gone. */
  protected async tell(change: ViewChange): Promise<void> {
    try {
      await this.#connection.changeView(change);
    } catch {
      // The end of the stream tells that the view is gone.
    }
  }
}

function parseEnd(trailer: unknown): ViewEnd {
  try {
    return viewEndSchema.parse(JSON.parse(String(trailer)));
  } catch {
    return { reason: 'failed', isTerminalRestored: false };
  }
}
