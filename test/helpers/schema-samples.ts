import type { ZodType } from 'zod';
import { z } from '../../src/base/schema.js';

/** Samples of texts that a schema checks by a function: a name, and a tmux id of a pane. */
const TEXTS = ['worker', '%1'];

/** Values that a schema takes, as JSON: each option of a union is in one, and what may be null is so in one. */
export function samplesOf(schema: unknown): readonly unknown[] {
  const samples = compoundsOf(schema) ?? choicesOf(schema) ?? simpleOf(schema);
  if (samples !== undefined) return samples;
  throw new Error('there are no samples of a schema of that kind yet');
}

function compoundsOf(schema: unknown): readonly unknown[] | undefined {
  if (schema instanceof z.ZodObject) return objectsOf(Object.entries(schema.shape));
  if (schema instanceof z.ZodArray) return [samplesOf(schema.element), []];
  if (schema instanceof z.ZodRecord) return [{ key: samplesOf(schema.valueType)[0] }];
  if (schema instanceof z.ZodReadonly) return samplesOf(schema.unwrap());
  if (schema instanceof z.ZodPipe) return samplesOf(schema.in);
  return undefined;
}

function choicesOf(schema: unknown): readonly unknown[] | undefined {
  if (schema instanceof z.ZodUnion) return schema.options.flatMap((option) => samplesOf(option));
  if (schema instanceof z.ZodOptional) return samplesOf(schema.unwrap());
  if (schema instanceof z.ZodNullable) return [...samplesOf(schema.unwrap()), null];
  if (schema instanceof z.ZodEnum) return schema.options;
  if (schema instanceof z.ZodLiteral) return [...schema.values];
  if (schema instanceof z.ZodBoolean) return [true, false];
  return undefined;
}

function simpleOf(schema: unknown): readonly unknown[] | undefined {
  if (schema instanceof z.ZodNull) return [null];
  if (schema instanceof z.ZodNumber) return [Math.max(1, schema.minValue ?? 1)];
  if (schema instanceof z.ZodBase64) return ['', 'AP8K'];
  if (schema instanceof z.ZodString) return ['text', 'täg\tlich\n"\\'];
  if (schema instanceof z.ZodCustom) return TEXTS.filter((text) => fits(schema, text));
  return undefined;
}

/** Makes as many objects as the field with the most samples has. */
function objectsOf(fields: readonly [string, unknown][]): readonly unknown[] {
  const samples = fields.map(([name, schema]) => [name, samplesOf(schema)] as const);
  const count = Math.max(1, ...samples.map(([, values]) => values.length));
  return Array.from({ length: count }, (_, at) =>
    Object.fromEntries(samples.map(([name, values]) => [name, values[at % values.length]])),
  );
}

function fits(schema: ZodType, value: unknown): boolean {
  return schema.safeParse(value).success;
}
