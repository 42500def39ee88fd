import type { output } from 'zod';
import { PANE_SIGNALS } from './pane.js';
import { z } from './zod.js';

/** More than any history limit that tmux can hold in memory. */
export const MAX_CAPTURE_LINES = 1_000_000;

/**
 * What may be asked of one pane, be it by a verb, by a rule or from within another pane: a row for each verb. How
 * long texts and lists of keys may be, tmux's side says.
 */
export const paneRequestSchema = z.discriminatedUnion('verb', [
  z.strictObject({ verb: z.literal('send'), text: z.string(), enter: z.boolean() }),
  z.strictObject({ verb: z.literal('keys'), keys: z.array(z.string()).readonly() }),
  z.strictObject({ verb: z.literal('signal'), signal: z.enum(PANE_SIGNALS) }),
  z.strictObject({
    verb: z.literal('capture'),
    /** `screen`: what the pane shows; a number: its last lines; `all`: with the whole scrollback. */
    lines: z.union([z.literal(['screen', 'all']), z.int().min(1).max(MAX_CAPTURE_LINES)]),
    /** Keeps colours and attributes as SGR sequences. */
    ansi: z.boolean(),
  }),
]);

export type PaneRequest = Readonly<output<typeof paneRequestSchema>>;

export type CaptureRequest = Omit<Extract<PaneRequest, { verb: 'capture' }>, 'verb'>;

/** What of it goes on record, for people and for programs: never what is typed. */
export function recordOf(request: PaneRequest): {
  /** What was done, before the name of the pane. */
  readonly done: string;
  readonly facts: Readonly<Record<string, string | number>>;
} {
  switch (request.verb) {
    case 'send': {
      const bytes = Buffer.byteLength(request.text);
      return { done: `sent ${bytes} bytes to`, facts: { bytes } };
    }
    case 'keys': {
      const keys = request.keys.length;
      return { done: `pressed ${keys} keys in`, facts: { keys } };
    }
    case 'signal':
      return { done: `sent ${request.signal} to`, facts: { signal: request.signal } };
    case 'capture':
      return { done: 'captured', facts: {} };
  }
}
