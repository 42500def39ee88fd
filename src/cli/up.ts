import { fstatSync } from 'node:fs';
import { isatty } from 'node:tty';
import { EXIT, type ExitCode } from '../base/exit-codes.js';
import { sayWhatGoesOn } from '../commands/down.js';
import type { LogLevel } from '../log/logger.js';
import { type RunningTriad, type StopRequest, startTriad } from '../service/triad.js';
import type { Output } from './output.js';
import type { Place } from './place.js';
import { describeStart } from './start-text.js';

export interface UpRequest {
  readonly listen: readonly string[];
  readonly command: readonly string[];
  readonly logLevel: LogLevel;
}

/** Starts gateway and host, and stays until somebody stops it. */
export async function runUp(place: Place, request: UpRequest, output: Output): Promise<ExitCode> {
  const onStep = (step: string) => output.tell(`triad: ${step}\n`);
  // From here on, so that a Ctrl-C during the start leaves nothing half-made.
  const signalled = stopSignal();
  const triad = await startTriad({ ...place, ...request, cwd: process.cwd(), onStep });
  output.tell(await describeStart(triad, place));
  output.print(`ready ${triad.sshCommand}\n`);
  const stop: Stop = await Promise.race([triad.stopRequested, signalled, crash(triad)]);
  const sessions = (await triad.describe()).map(({ name }) => name);
  output.tell(`\ntriad: ${sayWhatGoesOn(sessions, stop.endsSessions, place.environment.program)}`);
  await triad.stop(stop);
  return stop.exitCode ?? EXIT.ok;
}

interface Stop extends StopRequest {
  readonly exitCode?: ExitCode;
}

/** Ctrl-C and `systemctl stop` end the gateway, never the sessions. */
function stopSignal(): Promise<Stop> {
  return new Promise((resolve) => {
    const stop = () => resolve({ endsSessions: false });
    process.once('SIGINT', stop);
    process.once('SIGTERM', stop);
    process.on('SIGHUP', () => {
      // tmux's `detach-client -P` lets any driver send one; only a terminal that is gone means it.
      if (isTerminalGone()) stop();
    });
  });
}

/** A bug nobody caught: everybody gets a goodbye, the sessions go on, and a supervisor starts us again. */
function crash({ log }: RunningTriad): Promise<Stop> {
  return new Promise((resolve) => {
    const die = (error: unknown) => {
      log.error({ error }, 'uncaught error, stopping');
      resolve({ endsSessions: false, exitCode: EXIT.internal });
    };
    process.on('uncaughtException', die);
    process.on('unhandledRejection', die);
  });
}

/** Whether we were started on a terminal that has hung up since. */
function isTerminalGone(): boolean {
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
