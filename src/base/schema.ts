import type { ZodType } from 'zod';
import { parseDuration } from './duration.js';
import { EVENT_KINDS, MAX_EVENT_TEXT } from './host-event.js';
import { isName, NAME_RULE, type PaneName, paneName, type SessionName } from './ids.js';
import { compilePattern, type Pattern } from './pattern.js';
import { visible } from './visible.js';
import { z } from './zod.js';

const MAX_ARGUMENTS = 1000;
const MAX_PATTERN = 1024;

/** One argument of a command line, as execve(2) takes it. */
export const argument = z
  .string()
  .max(128 * 1024)
  .regex(/^[^\0]*$/, 'must not contain a NUL character');

/** A program and its arguments, run as they stand. */
export const argumentList = z
  .array(argument)
  .min(1)
  .max(MAX_ARGUMENTS)
  .refine((argv) => argv[0] !== '', 'the program must not be empty');

export const paneNameText = z
  .string()
  .refine(isName, `must be ${NAME_RULE}`)
  .transform((text): PaneName => paneName(text));

const sessionText = z.custom<SessionName>((value) => typeof value === 'string' && isName(value));
const paneText = z.custom<PaneName>((value) => typeof value === 'string' && isName(value));

/** One of a host's numbered events, as it is kept and as it crosses the link. */
export const hostEventSchema = z.strictObject({
  number: z.int().min(1),
  at: z.number().min(0),
  kind: z.enum(EVENT_KINDS),
  session: sessionText.nullable(),
  pane: paneText.nullable(),
  by: z.string().nullable(),
  text: z.string().max(MAX_EVENT_TEXT),
  facts: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])),
});

/** A regular expression, by the syntax of RE2. */
export const pattern = z
  .string()
  .min(1)
  .max(MAX_PATTERN)
  .transform((source, context): Pattern => {
    const compiled = compilePattern(source);
    if (!('problem' in compiled)) return compiled;
    context.addIssue({ code: 'custom', message: compiled.problem });
    return z.NEVER;
  });

/** Milliseconds of `500ms`, `10s`, `5m` or `1h30m`, within a range written the same way. */
export function duration(least: string, most: string): ZodType<number, string> {
  return z.string().transform((text, context): number => {
    const [ms, min, max] = [text, least, most].map(milliseconds);
    if (ms !== undefined && ms >= (min ?? 0) && ms <= (max ?? 0)) return ms;
    context.addIssue({
      code: 'custom',
      message: `must be ${least} to ${most}, like 500ms, 10s, 5m or 1h30m, got ${visible(text)}`,
    });
    return z.NEVER;
  });
}

function milliseconds(text: string): number | undefined {
  if (/^\d{1,9}ms$/.test(text)) return Number(text.slice(0, -2));
  if (text === '0s') return 0;
  const ms = parseDuration(text);
  return typeof ms === 'number' ? ms : undefined;
}
