import type { Socket } from 'node:net';
import type { Clock } from '../../base/clock.js';
import { type TapFrame, TapFrameReader, type TapHello, TapProtocolError } from './tap-protocol.js';

/** Takes what a tap tells of its pane. */
export interface TapReceiver {
  append(bytes: Uint8Array): void;
  skip(bytes: number): void;
  /** So much input waits in its pane's terminal: the answer to a question. */
  input(bytes: number): void;
}

export interface TapConnectionOptions {
  readonly clock: Clock;
  /**
   * The tap has said whose it is.
   *
   * @throws TapProtocolError for a pane that is not known.
   */
  readonly onPane: (hello: TapHello) => TapReceiver;
  /** It said what no tap says; the connection is closed. */
  readonly onRefused: (error: unknown) => void;
}

/** A tap names its pane at once. */
const NAME_LIMIT_MS = 5_000;

/** One tap's end of the taps' socket, from which everything is read at once. */
export function serveTap(socket: Socket, options: TapConnectionOptions): void {
  const reader = new TapFrameReader();
  const takeBack = options.clock.after(NAME_LIMIT_MS, () => socket.destroy());
  let receiver: TapReceiver | undefined;
  const take = (frame: TapFrame) => {
    const isFirst = receiver === undefined;
    if (isFirst !== (frame.kind === 'pane')) {
      throw new TapProtocolError('a tap names its pane once');
    }
    if (frame.kind === 'pane') {
      takeBack();
      receiver = options.onPane(frame);
    } else if (frame.kind === 'gap') receiver?.skip(frame.bytes);
    else if (frame.kind === 'input') receiver?.input(frame.bytes);
    else receiver?.append(frame.bytes);
  };
  socket.on('data', (bytes: Buffer) => {
    try {
      for (const frame of reader.read(bytes)) take(frame);
    } catch (error) {
      options.onRefused(error);
      socket.destroy();
    }
  });
  // A tap that went away shows as `close`, also to who has just asked it something.
  socket.on('error', () => undefined);
  socket.once('close', takeBack);
}
