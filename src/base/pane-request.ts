import type { PaneSignal } from './pane.js';

/** `screen`: what the pane shows; a number: its last lines; `all`: with the whole scrollback. */
export interface CaptureRequest {
  readonly lines: 'screen' | 'all' | number;
  /** Keeps colours and attributes as SGR sequences. */
  readonly ansi: boolean;
}

/** What may be asked of a pane from within another one, through the pane door. */
export type PaneRequest =
  | { readonly verb: 'send'; readonly text: string; readonly enter: boolean }
  | { readonly verb: 'keys'; readonly keys: readonly string[] }
  | { readonly verb: 'signal'; readonly signal: PaneSignal }
  | ({ readonly verb: 'capture' } & CaptureRequest);
