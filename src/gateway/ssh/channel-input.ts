import type { ServerChannel } from 'ssh2';
import { RefusedError, UsageError } from '../../base/errors.js';

/** What a command may get as standard input; keys and short texts come this way. */
const MAX_COMMAND_INPUT_BYTES = 64 * 1024;

/** What the client sends on a channel; it waits in the client until somebody wants it. */
export class ChannelInput {
  readonly #channel: ServerChannel;
  #hasEnded = false;
  #whole: Promise<string> | undefined;

  constructor(channel: ServerChannel) {
    this.#channel = channel;
  }

  /** Hands on each piece as it comes; `receive` returning false pauses until `channel.resume()`. */
  flowTo(receive: (bytes: Uint8Array) => boolean): void {
    this.#channel.on('data', (bytes: Buffer) => {
      if (!receive(bytes)) this.#channel.pause();
    });
  }

  /**
   * Reads everything up to the client's EOF, as UTF-8. Asking again gives the same.
   *
   * @throws UsageError when it is more than `MAX_COMMAND_INPUT_BYTES` or no UTF-8; RefusedError when
   * the client left before the end.
   */
  readToEnd(): Promise<string> {
    this.#whole ??= this.#collect();
    return this.#whole;
  }

  /** The client sent EOF; without it the end of the stream is a lost connection. */
  noteEnd(): void {
    this.#hasEnded = true;
  }

  /** Throws away what comes from now on, so that the channel can close. */
  discard(): void {
    this.#channel.removeAllListeners('data');
    this.#channel.resume();
  }

  #collect(): Promise<string> {
    return new Promise<Buffer>((resolve, reject) => {
      const pieces: Buffer[] = [];
      let length = 0;
      this.#channel.on('data', (bytes: Buffer) => {
        length += bytes.length;
        if (length <= MAX_COMMAND_INPUT_BYTES) return void pieces.push(bytes);
        reject(new UsageError(`standard input must be at most ${MAX_COMMAND_INPUT_BYTES} bytes`));
      });
      this.#channel.once('end', () => {
        if (this.#hasEnded) resolve(Buffer.concat(pieces));
        else reject(new RefusedError('the client left before the end of its input'));
      });
    }).then(decode);
  }
}

function decode(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    throw new UsageError('standard input must be UTF-8 text', { cause: error });
  }
}
