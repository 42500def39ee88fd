import type { input, output } from 'zod';
import { EXIT, type ExitCode } from '../../base/exit-codes.js';
import { z } from '../../base/schema.js';

/** What the local program asks of the gateway: a verb's words, the files they name, and its terminal. */
export const requestSchema = z.strictObject({
  words: z.array(z.string()).max(10_000),
  /** How the person calls the program. */
  program: z.string().max(8192),
  files: z.record(z.string(), z.string()),
  terminal: z.strictObject({ cols: z.int().min(1).max(10_000), hasColour: z.boolean() }).optional(),
});

export type ControlRequest = output<typeof requestSchema>;

const responseSchema = z.strictObject({
  stdout: z.string(),
  stderr: z.string(),
  exitCode: z.custom<ExitCode>((value) => Object.values<unknown>(EXIT).includes(value)),
});

export type ControlResponse = output<typeof responseSchema>;

/** A sign of life: the gateway is at work. */
const aliveSchema = z.strictObject({ alive: z.literal(true) });
const pieceSchema = z.strictObject({ kind: z.enum(['text', 'screen', 'note']), text: z.string() });

/** What comes back: signs of life and pieces of the answer, in any number, then the response. */
export const answerSchema = z.union([aliveSchema, pieceSchema, responseSchema]);

export type ControlAnswer = input<typeof answerSchema>;
