import { waitMs } from './host-event.js';
import { count, epochMs, type ValueOf, z } from './schema.js';

/** A page is checked and made readable in one go, which takes a millisecond. */
export const MAX_OUTPUT_BYTES = 32 * 1024;

/** The name of what offsets count: another host, or a pane that was taken away and came back, counts anew. */
const stream = z.string().max(64);

export const outputRequestSchema = z.strictObject({
  /**
   * Where in a pane's output to begin: at an offset, with what came since an epoch ms, or with the last
   * so many lines; whoever goes on says of which stream the offset is, and since when to begin with
   * another one. What is not kept any more is left out.
   */
  start: z.union([
    z.strictObject({ at: count }),
    z.strictObject({ at: count, stream, since: epochMs }),
    z.strictObject({ since: epochMs }),
    z.strictObject({ lines: count }),
  ]),
  maxBytes: z.int().min(1).max(MAX_OUTPUT_BYTES),
  waitMs,
});

export type OutputRequest = ValueOf<typeof outputRequestSchema>;
export type OutputStart = OutputRequest['start'];

export const outputPageSchema = z.strictObject({
  /** Bytes as the pane put them out. */
  bytes: z.base64().transform((text): Uint8Array => Buffer.from(text, 'base64')),
  /** Bytes that came before these and are not kept any more, from the offset asked for on. */
  skipped: count,
  /** Offset after `bytes`: where to go on. */
  next: count,
  stream,
});

export type OutputPage = ValueOf<typeof outputPageSchema>;
