import { duration, type ValueOf, z } from '../../base/schema.js';

const UNITS: Readonly<Record<string, number>> = { KB: 1024, MB: 1024 ** 2, GB: 1024 ** 3 };
const MIN_FILE_BYTES = 1024;
const MAX_FILE_BYTES = 64 * 1024 ** 3;
/** Limits of what is kept of each pane's output in memory. */
const MIN_KEPT_BYTES = 64 * 1024;
const MAX_KEPT_BYTES = 256 * 1024 ** 2;

function bytes(range: { readonly min: number; readonly max: number; readonly message: string }) {
  return z.string().transform((text, context): number => {
    const match = /^(\d{1,9})(KB|MB|GB)$/.exec(text);
    const read = Number(match?.[1]) * (UNITS[match?.[2] ?? ''] ?? 0);
    if (read >= range.min && read <= range.max) return read;
    context.addIssue({ code: 'custom', message: range.message });
    return z.NEVER;
  });
}

const fileSize = bytes({
  ...{ min: MIN_FILE_BYTES, max: MAX_FILE_BYTES },
  message: 'must be 1KB to 64GB, like 10MB',
});

const keptSize = bytes({
  ...{ min: MIN_KEPT_BYTES, max: MAX_KEPT_BYTES },
  message: 'must be 64KB to 256MB, like 1MB',
});

const options = z.strictObject({
  format: z
    .enum(['text', 'raw'])
    .default('text')
    .describe('without escape sequences, or each byte'),
  // A file that is larger than `maxSize` or older than `maxAge` is rotated.
  maxSize: fileSize.prefault('10MB'),
  maxAge: duration('1m', '365d').prefault('1d'),
  keep: z.int().min(0).max(1000).default(7).describe('old files'),
  gzip: z.boolean().default(true).describe('whether old files are compressed'),
});

/** The keys of a pane that say what is kept of its output. */
export const outputKeys = {
  keepOutput: keptSize
    .prefault('1MB')
    .describe('of its newest output, in memory: what `logs` can print'),
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
export type LogFilePlan = NonNullable<ValueOf<typeof outputKeys.logFile>>;
