import type { TerminalSize } from '../base/terminal-size.js';
import type { DriverView, ViewRequest } from './host-link.js';
import type { LinkConnection } from './link-connection.js';
import { RemoteView } from './remote-view.js';

/** Above this `write` returns false, and the writer has to wait for `onDrain`. */
const INPUT_MARK_BYTES = 64 * 1024;
/** Above this the view is ended as failed, since its writer ignores the mark. */
const MAX_INPUT_BYTES = 16 * 1024 * 1024;

/** The gateway's end of a driver's view. */
export class RemoteDriverView extends RemoteView implements DriverView {
  readonly #onOutput: (bytes: Uint8Array) => void;
  #size: TerminalSize | undefined;
  #isResizing = false;

  private constructor(connection: LinkConnection, { session, term, size, onOutput }: ViewRequest) {
    super({ connection, kind: 'driver', request: { session, term, size } });
    this.#onOutput = onOutput;
  }

  /** @throws UnavailableError when the session is not running; LinkLostError. */
  static async open(connection: LinkConnection, request: ViewRequest): Promise<DriverView> {
    return RemoteView.opened(new RemoteDriverView(connection, request));
  }

  /** Sends the size when the one before has arrived; of several meanwhile only the newest. */
  resize(size: TerminalSize): void {
    this.#size = size;
    if (!this.#isResizing) void this.#tellSizes();
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

  protected override receive(bytes: Uint8Array): void {
    this.#onOutput(bytes);
  }

  async #tellSizes(): Promise<void> {
    this.#isResizing = true;
    for (let size = this.#size; size !== undefined && !this.hasEnded; size = this.#size) {
      this.#size = undefined;
      await this.tell({ view: this.id, size });
    }
    this.#isResizing = false;
  }
}
