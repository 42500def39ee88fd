import { setTimeout as delay } from 'node:timers/promises';
import type { MirrorSource } from './mirror-source.js';

/**
 * Asks for pages one after the other, for all observers of a session together, and rests after each as
 * long as it took: whoever searches a long history must not keep tmux, or us, from those who type. Each
 * observer has two requests at most (`PageQueue`), which bounds what waits.
 */
export function restedHistory(history: MirrorSource['history']): MirrorSource['history'] {
  let rested: Promise<void> = Promise.resolve();
  return (pane, request) => {
    const page = rested.then(async () => {
      const askedAt = performance.now();
      return { page: await history(pane, request), tookMs: performance.now() - askedAt };
    });
    rested = page.then(
      ({ tookMs }) => delay(tookMs),
      () => undefined,
    );
    return page.then((answer) => answer.page);
  };
}
