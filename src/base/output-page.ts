/**
 * Where in a pane's output to begin: at an offset, with what came since an epoch ms, or with the last
 * so many lines. What is not kept any more is left out.
 */
export type OutputStart =
  | { readonly at: number }
  | { readonly since: number }
  | { readonly lines: number };

export interface OutputRequest {
  readonly start: OutputStart;
  /** 1 to `MAX_OUTPUT_BYTES`. */
  readonly maxBytes: number;
  /** How long to wait where there is nothing; 0 to `MAX_WAIT_MS` (host-event.ts). */
  readonly waitMs: number;
}

/** A page is checked and made readable in one go, which takes a millisecond. */
export const MAX_OUTPUT_BYTES = 32 * 1024;

export interface OutputPage {
  /** Bytes as the pane put them out. */
  readonly bytes: Uint8Array;
  /** Bytes that came before these and are not kept any more, from the offset asked for on. */
  readonly skipped: number;
  /** Offset after `bytes`: where to go on. */
  readonly next: number;
}
