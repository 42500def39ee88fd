import type { ColumnRules } from './columns.js';
import { type ValueOf, z } from './schema.js';
import type { WindowLayout } from './window-layout.js';

/** One live view of a session. Whoever opened it closes it. */
export interface View {
  /** Settles once: after the last output, with the reason why there is no more. */
  readonly ended: Promise<ViewEnd>;
  /**
   * While blocked the host drops this view's output, except what is on its way; unblocking brings
   * one full repaint where something was dropped.
   */
  setBlocked(isBlocked: boolean): void;
  /** Ends the view; `ended` follows within a bounded time. Idempotent. */
  close(): void;
}

/** How a view ended, as its host tells it. */
export const viewEndSchema = z.strictObject({
  /**
   * `detached`: the person left by tmux's own keys. `session-ended`: the session is gone. `closed`: the
   * gateway asked for it. `failed`: the tmux client died or could not start.
   */
  reason: z.enum(['detached', 'session-ended', 'closed', 'failed']),
  /** Whether tmux itself put the terminal back into its normal state; never after a `close`. */
  isTerminalRestored: z.boolean(),
});

/** `lost`: the host is gone, and nobody knows more until the link is made again. */
export type ViewEnd =
  | ValueOf<typeof viewEndSchema>
  | { readonly reason: 'lost'; readonly isTerminalRestored: false };

/** Takes what a mirror's view brings, in order; the bytes are the receiver's. */
export interface MirrorSink {
  readonly onOutput: (bytes: Uint8Array) => void;
  /** Comes once, before the first layout, for a receiver that makes a screen of the output. */
  readonly onColumns?: ((columns: ColumnRules) => void) | undefined;
  /** Comes before the first output, and then on each change, before the output it is about. */
  readonly onLayout: (layout: WindowLayout) => void;
}
