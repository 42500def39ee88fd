import { availableMemoryBytes } from './processes.mjs';

/** Below this the machine itself begins to suffer, and everybody else who works on it. */
const LEAST_BYTES = 2e9;
const INTERVAL_MS = 200;

/**
 * Does `work`, and gives up when the machine runs short of memory: a tmux server takes gigabytes in a
 * minute for clients that do not read.
 *
 * @param {() => Promise<void>} work
 * @throws {Error} when memory ran short
 */
export async function whileMemoryLasts(work) {
  /** @type {NodeJS.Timeout | undefined} */
  let timer;
  const short = new Promise((_, reject) => {
    timer = setInterval(() => {
      if (availableMemoryBytes() < LEAST_BYTES) reject(new Error('memory ran short'));
    }, INTERVAL_MS);
  });
  try {
    await Promise.race([work(), short]);
  } finally {
    clearInterval(timer);
  }
}
