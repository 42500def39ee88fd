import { fstatSync } from 'node:fs';
import { isatty } from 'node:tty';
import { EXIT, type ExitCode } from '../base/exit-codes.js';
import type { Logger } from '../log/logger.js';
import type { GatewayFacts, StopRequest } from '../service/open-gateway.js';

/** Ctrl-C and `systemctl stop`; installed before a start, so that one leaves nothing half-made. */
export function stopSignal(): Promise<void> {
  return new Promise((resolve) => {
    process.once('SIGINT', () => resolve());
    process.once('SIGTERM', () => resolve());
    process.on('SIGHUP', () => {
      // tmux's `detach-client -P` lets any driver send one; only a terminal that is gone means it.
      if (isTerminalGone()) resolve();
    });
  });
}

/** A bug nobody caught: everybody gets a goodbye, the sessions go on, and a supervisor starts us again. */
export function crash(log: Logger): Promise<{ readonly exitCode: ExitCode }> {
  return new Promise((resolve) => {
    const die = (error: unknown) => {
      log.error({ error }, 'uncaught error, stopping');
      resolve({ exitCode: EXIT.internal });
    };
    process.on('uncaughtException', die);
    process.on('unhandledRejection', die);
  });
}

/**
 * Waits until the gateway is to stop, tells what goes on without it, and stops it.
 *
 * @param signalled from `stopSignal`, before the start
 */
export async function untilStopped(
  running: Pick<GatewayFacts, 'log' | 'stopRequested'> & Stoppable,
  signalled: Promise<void>,
  tellWhatGoesOn: (endsSessions: boolean) => void | Promise<void>,
): Promise<ExitCode> {
  const stop = await Promise.race([running.stopRequested, signalled, crash(running.log)]);
  const endsSessions = stop !== undefined && 'endsSessions' in stop && stop.endsSessions;
  await tellWhatGoesOn(endsSessions);
  await running.stop({ endsSessions });
  return stop !== undefined && 'exitCode' in stop ? stop.exitCode : EXIT.ok;
}

interface Stoppable {
  stop(request: StopRequest): Promise<void>;
}

/** Whether we were started on a terminal that has hung up since. */
export function isTerminalGone(): boolean {
  try {
    return [0, 1, 2].some(
      (fd) =>
        fstatSync(fd).isCharacterDevice() && fstatSync(fd).rdev !== NULL_DEVICE && !isatty(fd),
    );
  } catch {
    return true;
  }
}

/** null(4): major 1, minor 3. */
const NULL_DEVICE = 0x103;
