import { createRequire } from 'node:module';
import type * as Zod from 'zod';
import { parseDuration } from './duration.js';
import {
  type EngineerName,
  isName,
  NAME_RULE,
  type PaneId,
  type PaneName,
  paneName,
  type SessionName,
} from './ids.js';
import { MAX_CELLS } from './terminal-size.js';
import { visible } from './visible.js';

/**
 * zod in its CommonJS form, which is read one file after the other. Node.js opens all files that an ES module
 * imports at once, and zod's are so many that a start needed more than 128 descriptors.
 */
export const { z } = createRequire(import.meta.url)('zod') as typeof Zod;

/** What a schema makes of what it accepts, as nobody may change it. */
export type ValueOf<Schema extends Zod.ZodType> = Frozen<Zod.output<Schema>>;

type Frozen<T> = T extends string | Uint8Array
  ? T
  : T extends readonly (infer Each)[]
    ? readonly Frozen<Each>[]
    : T extends object
      ? { readonly [K in keyof T]: Frozen<T[K]> }
      : T;

const MAX_ARGUMENTS = 1000;
const MAX_TEXT = 4096;

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

/** A text of one line for people. */
export const printable = z
  .string()
  .max(MAX_TEXT)
  .regex(/^\P{Cc}*$/u, 'must not contain control characters');

/** A pane's name as a person writes it, who is told what is wrong with it. */
export const paneNameText = z
  .string()
  .refine(isName, `must be ${NAME_RULE}`)
  .transform((text): PaneName => paneName(text));

export const session = z.custom<SessionName>(isNameText);
export const pane = z.custom<PaneName>(isNameText);
export const engineer = z.custom<EngineerName>(isNameText);
export const paneId = z.custom<PaneId>(
  (value) => typeof value === 'string' && /^%\d{1,10}$/.test(value),
);

export const epochMs = z.number().min(0);
/** A number of things. */
export const count = z.int().min(0);

const cells = z.int().min(1).max(MAX_CELLS);
/** A `TerminalSize`, whose own file is loaded before this one can be. */
export const terminalSize = z.strictObject({ cols: cells, rows: cells });

function isNameText(value: unknown): boolean {
  return typeof value === 'string' && isName(value);
}

/**
 * The value of a JSON text; undefined where it is no JSON, or the schema does not accept the value.
 */
export function readJson<T>(schema: Zod.ZodType<T>, text: string): T | undefined {
  try {
    return schema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

/** Milliseconds of `500ms`, `10s`, `5m` or `1h30m`, within a range written the same way. */
export function duration(least: string, most: string): Zod.ZodType<number, string> {
  const isUnitless = ({ input }: { readonly input?: unknown }) =>
    typeof input === 'number' ? `must have a unit, like ${input}s` : undefined;
  return z.string({ error: isUnitless }).transform((text, context): number => {
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
