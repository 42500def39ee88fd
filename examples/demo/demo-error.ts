/** A failure that one sentence explains; everything else is a bug and shows its stack. */
export class DemoError extends Error {
  override name = 'DemoError';
  readonly exitCode: number;

  constructor(message: string, options: { exitCode?: number; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.exitCode = options.exitCode ?? 1;
  }
}

/** The other program, or the database, cannot serve just now: say so and try again. */
export class NotReadyError extends DemoError {
  override name = 'NotReadyError';
}

/** The text of anything that was thrown; of a failed `fetch` or connect, the reason beneath it. */
export function reasonOf(thrown: unknown): string {
  if (!(thrown instanceof Error)) return String(thrown);
  if (thrown.cause !== undefined) return reasonOf(thrown.cause);
  // Connecting to a name with several addresses fails with an AggregateError without a message.
  if (thrown instanceof AggregateError) return reasonOf(thrown.errors[0]);
  return thrown.message;
}

/** The `code` of a system error (`ENOENT`, `EADDRINUSE`, …), if it has one. */
export function systemCode(thrown: unknown): string | undefined {
  if (!(thrown instanceof Error) || !('code' in thrown)) return undefined;
  return typeof thrown.code === 'string' ? thrown.code : undefined;
}
