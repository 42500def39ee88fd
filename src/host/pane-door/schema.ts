import type { output, ZodType } from 'zod';
import { PANE_SIGNALS } from '../../base/pane.js';
import type { PaneRequest } from '../../base/pane-request.js';
import { z } from '../../base/zod.js';

const MAX_TEXT = 64 * 1024;
const MAX_KEYS = 1_000;
const MAX_KEY = 64;
/** Twice the longest name, for `SESSION:PANE`. */
const MAX_NAMES = 129;
const MAX_LINES = 1_000_000;

const ask = z.discriminatedUnion('verb', [
  z.strictObject({
    verb: z.literal('send'),
    text: z.string().max(MAX_TEXT),
    enter: z.boolean(),
  }),
  z.strictObject({
    verb: z.literal('keys'),
    keys: z.array(z.string().max(MAX_KEY)).min(1).max(MAX_KEYS).readonly(),
  }),
  z.strictObject({ verb: z.literal('signal'), signal: z.enum(PANE_SIGNALS) }),
  z.strictObject({
    verb: z.literal('capture'),
    lines: z.union([z.literal(['screen', 'all']), z.int().min(1).max(MAX_LINES)]),
    ansi: z.boolean(),
  }),
]) satisfies ZodType<PaneRequest>;

/** What a pane asks for: one line on the door's socket. */
export const doorRequestSchema = z.strictObject({
  token: z.string().max(256),
  /** `PANE` or `SESSION:PANE`, as it was typed. */
  target: z.string().max(MAX_NAMES),
  ask,
});

export type DoorRequest = output<typeof doorRequestSchema>;

/** The classes of errors that whoever asks tells apart. */
export const DOOR_FAILURES = ['usage', 'refused', 'unavailable', 'not-permitted'] as const;

const failure = z.strictObject({
  code: z.enum(DOOR_FAILURES),
  message: z.string(),
  hint: z.string().optional(),
});

export type DoorFailure = output<typeof failure>;

export const doorAnswerSchema = z.union([
  z.strictObject({ stdout: z.string() }),
  z.strictObject({ failure }),
]);

export type DoorAnswer = output<typeof doorAnswerSchema>;
