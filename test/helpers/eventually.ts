/** How long a condition may take on a machine that is busy with other tests. */
const LIMIT_MS = 30_000;
const FIRST_INTERVAL_MS = 5;
/** What is waited for long is asked about less often: to ask may cost more than what it waits for. */
const MAX_INTERVAL_MS = 50;
const GROWTH = 1.1;

/**
 * Asks again and again until `probe` gives something other than undefined, null or false.
 *
 * @throws Error that names `what` and shows `evidence` when that does not happen in time.
 */
export async function eventually<T>(
  what: string,
  probe: () => T | Promise<T>,
  evidence: () => unknown = () => '',
  limitMs = LIMIT_MS,
): Promise<NonNullable<T>> {
  const giveUpAt = Date.now() + limitMs;
  for (
    let intervalMs = FIRST_INTERVAL_MS;
    ;
    intervalMs = Math.min(intervalMs * GROWTH, MAX_INTERVAL_MS)
  ) {
    const value = await probe();
    if (value !== undefined && value !== null && value !== false) return value;
    if (Date.now() > giveUpAt) throw new Error(`never happened: ${what}\n${String(evidence())}`);
    await new Promise((resolve) => setTimeout(resolve, intervalMs));
  }
}
