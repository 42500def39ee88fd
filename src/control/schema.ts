import { z } from 'zod';

/** What the local program asks of the gateway: a verb's words, and the files they name. */
export const requestSchema = z.strictObject({
  words: z.array(z.string()).max(10_000),
  files: z.record(z.string(), z.string()),
});

export type ControlRequest = z.output<typeof requestSchema>;

export const responseSchema = z.strictObject({
  stdout: z.string(),
  stderr: z.string(),
  exitCode: z.int().min(0).max(255),
});

export type ControlResponse = z.output<typeof responseSchema>;
