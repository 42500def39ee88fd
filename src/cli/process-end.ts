import { EXIT, type ExitCode } from '../base/exit-codes.js';
import type { Logger } from '../log/logger.js';
import type { RunningGateway, StopRequest } from '../service/gateway.js';
import type { StartOptions } from '../service/start-options.js';
import type { CliContext } from './context.js';
import { Hangups } from './hangup.js';
import type { Output } from './output.js';

/** Longest that a stop takes from when it is asked for; what hangs then is left where it is. */
const STOP_LIMIT_MS = 10_000;

/** `npm` passes on the Ctrl-C that the terminal has sent us already. */
const SAME_STOP_MS = 2_000;

/**
 * Ctrl-C and `systemctl stop`; installed before a start, so that one leaves nothing half-made. A second signal is the
 * same stop, unless it comes later; that, or a third, ends the process at once.
 */
function stopSignal(output: Output): Promise<void> {
  return new Promise((resolve) => {
    let count = 0;
    let firstAt = 0;
    const onSignal = () => {
      count += 1;
      if (count === 1) firstAt = performance.now();
      const isSame = count <= 2 && performance.now() - firstAt < SAME_STOP_MS;
      if (isSame) {
        resolve();
        return;
      }
      output.tell('triad: ended in the middle of the stop; what runs in its sessions goes on\n');
      process.exit(EXIT.interrupted);
    };
    process.on('SIGINT', onSignal);
    process.on('SIGTERM', onSignal);
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

/** What was started, and when it is to stop. */
export interface Started<T> {
  readonly running: T;
  /** Somebody wants this process to end. */
  readonly signalled: Promise<void>;
  readonly hangups: Hangups;
}

/**
 * Starts what a signal is to stop in the middle of its start, too, so that nothing is left half-made: where one
 * comes before the end of the start, the process ends here.
 */
export async function startUnlessStopped<T>(
  context: CliContext,
  output: Output,
  start: (options: Omit<StartOptions, 'logLevel'>) => Promise<T>,
): Promise<Started<T>> {
  const hangups = new Hangups();
  const signalled = stopSignal(output);
  const stop = new AbortController();
  const onStep = (step: string) => output.tell(`triad: ${step}\n`);
  let isStarting = true;
  void signalled.then(() => {
    if (!isStarting) return;
    stop.abort();
    limitStop(output);
  });
  try {
    const options = { ...context, cwd: process.cwd(), onStep, stop: stop.signal };
    return { running: await start(options), signalled, hangups };
  } catch (error) {
    if (!stop.signal.aborted) throw error;
    output.tell('\ntriad: stopped before it was ready; what runs in its sessions goes on\n');
    // A step of the start may still be waiting, and nobody needs what it waits for any more.
    process.exit(EXIT.ok);
  } finally {
    isStarting = false;
  }
}

/** Lets the process end within a bounded time, whatever is half done and does not come to an end. */
export function limitStop(output: Output, log?: Logger): void {
  const end = () => {
    const hanging = process.getActiveResourcesInfo();
    log?.error({ hanging, limitMs: STOP_LIMIT_MS }, 'stop took too long, left in the middle');
    output.tell(`triad: not all could be closed within ${STOP_LIMIT_MS / 1000} s; left as it is\n`);
    process.exit(EXIT.tryAgain);
  };
  setTimeout(end, STOP_LIMIT_MS).unref();
}

/**
 * Waits until the gateway is to stop, tells what goes on without it, and stops it.
 */
export async function untilStopped(
  { running, signalled }: Started<Stoppable>,
  output: Output,
  tellWhatGoesOn: (endsSessions: boolean) => void | Promise<void>,
): Promise<ExitCode> {
  const { gateway } = running;
  const stop = await Promise.race([gateway.stopRequested, signalled, crash(gateway.log)]);
  const endsSessions = stop !== undefined && 'endsSessions' in stop && stop.endsSessions;
  // To end a session takes as long as the policies of its panes say.
  if (!endsSessions) limitStop(output, gateway.log);
  await tellWhatGoesOn(endsSessions);
  await running.stop({ endsSessions });
  if (endsSessions) limitStop(output);
  return stop !== undefined && 'exitCode' in stop ? stop.exitCode : EXIT.ok;
}

interface Stoppable {
  readonly gateway: Pick<RunningGateway, 'log' | 'stopRequested'>;
  stop(request: StopRequest): Promise<void>;
}
