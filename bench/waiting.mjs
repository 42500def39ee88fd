const INTERVAL_MS = 10;

/** @param {number} ms @returns {Promise<void>} */
export function pause(ms) {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}

/**
 * Settles as `work` does, or fails after `limitMs`.
 *
 * @template T
 * @param {Promise<T>} work
 * @param {number} limitMs
 * @param {string} what was waited for
 * @returns {Promise<T>}
 */
export async function within(work, limitMs, what) {
  /** @type {NodeJS.Timeout | undefined} */
  let timer;
  /** @type {Promise<never>} */
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`waited ${limitMs} ms for ${what}`)), limitMs);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

/**
 * Asks until the answer is neither undefined nor false.
 *
 * @template T
 * @param {string} what is waited for
 * @param {() => T | undefined | false} probe
 * @param {number} limitMs
 * @returns {Promise<T>}
 */
export async function until(what, probe, limitMs) {
  const end = Date.now() + limitMs;
  for (;;) {
    const answer = probe();
    if (answer !== undefined && answer !== false) return answer;
    if (Date.now() > end) throw new Error(`waited ${limitMs} ms for ${what}`);
    await pause(INTERVAL_MS);
  }
}
