import type { Socket } from 'node:net';
import type { Clock } from '../../base/clock.js';
import { type TapFrame, TapFrameReader, type TapHello, TapProtocolError } from './tap-protocol.js';

/** Takes what a tap sends of its pane. */
export interface TapReceiver {
  append(bytes: Uint8Array): void;
  skip(bytes: number): void;
  /** Takes how much input waits in the pane's terminal, the answer to a question. */
  input(bytes: number): void;
}

export interface TapConnectionOptions {
  readonly clock: Clock;
  /**
   * Called when the tap has named its pane.
   *
   * @throws TapProtocolError for a pane that is not known.
   */
  readonly onPane: (hello: TapHello) => TapReceiver;
  /** Called when the other end broke the protocol; the connection is closed. */
  readonly onRefused: (error: unknown) => void;
}

/** A connection that has not named its pane by then is closed: a tap does so at once. */
const NAME_LIMIT_MS = 5_000;

/** Serves the connection of one tap; reads all that comes at once, so that the tap need not keep it. */
export function serveTap(socket: Socket, options: TapConnectionOptions): void {
  const reader = new TapFrameReader();
  const cancelDeadline = options.clock.after(NAME_LIMIT_MS, () => socket.destroy());
  let receiver: TapReceiver | undefined;
  const take = (frame: TapFrame) => {
    const isFirst = receiver === undefined;
    if (isFirst !== (frame.kind === 'pane')) {
      throw new TapProtocolError('a tap names its pane once');
    }
    if (frame.kind === 'pane') {
      cancelDeadline();
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
  // An error is followed by `close`, which ends the questions that wait for the tap, too.
  socket.on('error', () => undefined);
  socket.once('close', cancelDeadline);
}
