import { duration, type ValueOf, z } from '../../base/schema.js';

const UNITS: Readonly<Record<string, number>> = { KB: 1024, MB: 1024 ** 2, GB: 1024 ** 3 };
const MIN_FILE_BYTES = 1024;
const MAX_FILE_BYTES = 64 * 1024 ** 3;

const fileSize = z.string().transform((text, context): number => {
  const match = /^(\d{1,9})(KB|MB|GB)$/.exec(text);
  const bytes = Number(match?.[1]) * (UNITS[match?.[2] ?? ''] ?? 0);
  if (bytes >= MIN_FILE_BYTES && bytes <= MAX_FILE_BYTES) return bytes;
  context.addIssue({ code: 'custom', message: 'must be 1KB to 64GB, like 10MB' });
  return z.NEVER;
});

const options = z.strictObject({
  format: z
    .enum(['text', 'raw'])
    .default('text')
    .describe('without escape sequences, or each byte'),
  // A file that is larger, or older, is rotated.
  maxSize: fileSize.prefault('10MB'),
  maxAge: duration('1m', '365d').prefault('1d'),
  keep: z.int().min(0).max(1000).default(7).describe('old files'),
  gzip: z.boolean().default(true).describe('whether old files are compressed'),
});

/** The key of a pane that asks for a log file of its output. */
export const logFileKeys = {
  logFile: z
    .union([z.boolean(), options], {
      error: 'must be true, false, or format, maxSize, maxAge, keep and gzip with their values',
    })
    .default(false)
    .transform((value) => {
      if (value === false) return undefined;
      const { maxSize, maxAge, ...rest } = value === true ? options.parse({}) : value;
      return { ...rest, maxBytes: maxSize, maxAgeMs: maxAge };
    })
    .describe('a copy of its output in state/logs/SESSION/PANE.log'),
};

/** An optional copy of a pane's output on disk. */
export type LogFilePlan = NonNullable<ValueOf<typeof logFileKeys.logFile>>;
