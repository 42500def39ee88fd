import { paneRequestSchema } from '../../base/pane.js';
import { type ValueOf, z } from '../../base/schema.js';

/** Room for `SESSION:PANE` with the longest names. */
const MAX_NAMES = 129;

/** What one pane may ask of another: nothing that is not named here. */
const ask = paneRequestSchema.refine(({ verb }) => {
  switch (verb) {
    case 'send':
    case 'keys':
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
  /** The pane that is meant, as it was typed: `PANE` or `SESSION:PANE`. */
  target: z.string().max(MAX_NAMES),
  ask,
});

export type DoorRequest = ValueOf<typeof doorRequestSchema>;

/** The classes of errors that the asking program tells apart. */
export const DOOR_FAILURES = ['usage', 'refused', 'unavailable', 'busy', 'not-permitted'] as const;

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
