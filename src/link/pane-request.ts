import type { CaptureRequest, PaneSignal } from './host-link.js';

/** What may be asked of a pane from within another one, through the pane door. */
export type PaneRequest =
  | { readonly verb: 'send'; readonly text: string; readonly enter: boolean }
  | { readonly verb: 'keys'; readonly keys: readonly string[] }
  | { readonly verb: 'signal'; readonly signal: PaneSignal }
  | ({ readonly verb: 'capture' } & CaptureRequest);
