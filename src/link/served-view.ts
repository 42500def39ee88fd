import { constants, type ServerHttp2Stream } from 'node:http2';
import type { View, ViewEnd } from '../base/view.js';
import type { DriverView, MirrorView } from './host-link.js';
import { END_TRAILER, MAX_WAITING_OUTPUT_BYTES } from './protocol.js';

/** The host's end of one view: what it shows goes to a stream, and what is typed comes from it. */
export class ServedView {
  readonly #stream: ServerHttp2Stream;
  #view: View | undefined;
  #driver: DriverView | undefined;
  #isBlocked = false;

  constructor(stream: ServerHttp2Stream) {
    this.#stream = stream;
  }

  /** Sends a piece of the answer. A mirror's first layout comes before its view is served. */
  deliver(bytes: Uint8Array): void {
    if (!this.#stream.writable) return;
    this.#respond();
    this.#stream.write(bytes);
    if (this.#isBlocked || this.#stream.writableLength <= MAX_WAITING_OUTPUT_BYTES) return;
    this.#isBlocked = true;
    this.#view?.setBlocked(true);
    this.#stream.once('drain', () => {
      this.#isBlocked = false;
      this.#view?.setBlocked(false);
    });
  }

  /**
   * Serves a mirror, into which there is no way in: the stream of a gateway that sends something is
   * closed.
   */
  serveMirror(view: MirrorView): void {
    this.#serve(view);
    this.#stream.on('data', () => this.#stream.close(constants.NGHTTP2_PROTOCOL_ERROR));
  }

  /** Serves the view of a driver. */
  serveDriver(view: DriverView): void {
    this.#serve(view);
    this.#driver = view;
    this.#stream.once('end', () => view.close());
    view.onDrain(() => this.#stream.resume());
    this.#stream.on('data', (bytes: Buffer) => {
      if (!view.write(bytes)) this.#stream.pause();
    });
  }

  resize(size: { readonly cols: number; readonly rows: number }): void {
    this.#driver?.resize(size);
  }

  close(): void {
    this.#view?.close();
    // What was typed and not taken is dropped, and must not keep the stream open.
    this.#stream.resume();
  }

  #serve(view: View): void {
    this.#view = view;
    if (this.#isBlocked) view.setBlocked(true);
    this.#stream.once('close', () => view.close());
    if (this.#stream.destroyed) view.close();
    void view.ended.then((end) => this.#finish(end));
    this.#respond();
  }

  #respond(): void {
    if (this.#stream.destroyed || this.#stream.headersSent) return;
    this.#stream.respond({ ':status': 200 }, { waitForTrailers: true });
  }

  #finish(end: ViewEnd): void {
    const stream = this.#stream;
    if (stream.destroyed) return;
    stream.once('wantTrailers', () => {
      stream.sendTrailers({ [END_TRAILER]: JSON.stringify(end) });
      // The gateway ends its half when it has read this; until then nothing of it is wanted.
      stream.resume();
    });
    stream.end();
  }
}
