import { SYSTEM_CLOCK } from '../base/clock.js';
import { ConfigurationError } from '../base/errors.js';
import { SpacedWork } from '../base/spaced-work.js';
import type { Logger } from '../log/logger.js';
import { type Output, tellError } from './output.js';
import { isTerminalGone } from './process-end.js';

/** Any driver can have us sent a SIGHUP (tmux's `detach-client -P`), as often as they like. */
const RELOAD_PAUSE_MS = 5_000;

interface Reloadable {
  readonly log: Logger;
  reload(): Promise<unknown>;
}

/**
 * Lets SIGHUP read triad.yaml again, as it does for other services; an unchanged file changes nothing.
 *
 * @returns ends that.
 */
export function reloadOnHangup(running: Reloadable, output: Output): () => void {
  const { log } = running;
  const work = async () => {
    try {
      await running.reload();
      log.info('triad.yaml read again after SIGHUP');
    } catch (error) {
      const problems =
        error instanceof ConfigurationError ? { problems: error.problems } : { error };
      log.error(problems, 'triad.yaml not applied after SIGHUP');
      tellError(output, error);
    }
  };
  const reloads = new SpacedWork({ pauseMs: RELOAD_PAUSE_MS, work, clock: SYSTEM_CLOCK });
  const onHangup = () => {
    if (!isTerminalGone()) reloads.ask();
  };
  process.on('SIGHUP', onHangup);
  return () => {
    process.off('SIGHUP', onHangup);
    reloads.close();
  };
}
