import { RefusedError } from '../base/errors.js';
import type { MirrorRequest, MirrorView } from './host-link.js';
import type { LinkConnection } from './link-connection.js';
import { type MirrorMessage, MirrorMessageReader } from './mirror-messages.js';
import { RemoteView } from './remote-view.js';

/** The gateway's end of a mirror. What is no message of a mirror ends it as failed. */
export class RemoteMirrorView extends RemoteView {
  readonly #request: MirrorRequest;
  readonly #reader = new MirrorMessageReader();
  #hasLayout = false;

  private constructor(connection: LinkConnection, request: MirrorRequest) {
    super({ connection, kind: 'mirror', request: { session: request.session } });
    this.#request = request;
  }

  /** @throws UnavailableError when the session is not running or has too many mirrors; LinkLostError. */
  static async open(connection: LinkConnection, request: MirrorRequest): Promise<MirrorView> {
    return RemoteView.opened(new RemoteMirrorView(connection, request));
  }

  protected override receive(bytes: Uint8Array): void {
    try {
      for (const message of this.#reader.read(bytes)) {
        if (this.isFinished) return;
        this.#take(message);
      }
    } catch (error) {
      if (!(error instanceof RefusedError)) throw error;
      this.fail();
    }
  }

  #take(message: MirrorMessage): void {
    if (message.kind === 'columns') return this.#request.onColumns?.(message.columns);
    if (message.kind === 'layout') {
      this.#hasLayout = true;
      this.#request.onLayout(message.layout);
      return;
    }
    if (!this.#hasLayout) throw new RefusedError("link: a mirror's first message must be a layout");
    this.#request.onOutput(message.bytes);
  }
}
