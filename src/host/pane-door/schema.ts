import { paneRequestSchema } from '../../base/pane.js';
import { type ValueOf, z } from '../../base/schema.js';

const MAX_TEXT = 64 * 1024;
const MAX_KEYS = 1_000;
/** Twice the longest name, for `SESSION:PANE`. */
const MAX_NAMES = 129;

/** What one pane may ask of another: nothing that is not named here, and no more than a person would type. */
const ask = paneRequestSchema.refine((request) => {
  switch (request.verb) {
    case 'send':
      return request.text.length <= MAX_TEXT;
    case 'keys':
      return request.keys.length > 0 && request.keys.length <= MAX_KEYS;
    case 'signal':
    case 'capture':
      return true;
    default:
      return false;
  }
});

/** What a pane asks for: one line on the door's socket. */
export const doorRequestSchema = z.strictObject({
  token: z.string().max(256),
  /** `PANE` or `SESSION:PANE`, as it was typed. */
  target: z.string().max(MAX_NAMES),
  ask,
});

export type DoorRequest = ValueOf<typeof doorRequestSchema>;

/** The classes of errors that whoever asks tells apart. */
export const DOOR_FAILURES = ['usage', 'refused', 'unavailable', 'not-permitted'] as const;

const failure = z.strictObject({
  code: z.enum(DOOR_FAILURES),
  message: z.string(),
  hint: z.string().optional(),
});

export type DoorFailure = ValueOf<typeof failure>;

export const doorAnswerSchema = z.union([
  z.strictObject({ stdout: z.string() }),
  z.strictObject({ failure }),
]);

export type DoorAnswer = ValueOf<typeof doorAnswerSchema>;
