import type { ExitCode } from '../base/exit-codes.js';
import { sayWhatGoesOn } from '../gateway/commands/down.js';
import type { LogLevel } from '../log/logger.js';
import { startTriad } from '../service/start-triad.js';
import type { CliContext } from './context.js';
import type { Output } from './output.js';
import { startUnlessStopped, untilStopped } from './process-end.js';
import { describeTriad } from './start-text.js';

export interface UpRequest {
  readonly listen: readonly string[];
  readonly command: readonly string[];
  readonly logLevel: LogLevel;
}

/** Starts gateway and host, and stays until somebody stops it. */
export async function runUp(
  context: CliContext,
  request: UpRequest,
  output: Output,
): Promise<ExitCode> {
  const started = await startUnlessStopped(context, output, (options) =>
    startTriad({ ...options, ...request }),
  );
  const triad = started.running;
  output.tell(await describeTriad(triad, context));
  output.print(`ready ${await triad.gateway.sshCommand()}\n`);
  const { log } = triad.gateway;
  const reload = () => triad.host.reload();
  const stopReloads = started.hangups.serve({ log, reload }, output);
  return untilStopped(started, output, async (endsSessions) => {
    stopReloads();
    const sessions = (await triad.host.describe()).map(({ name }) => name);
    const { program } = context;
    const goesOn = sayWhatGoesOn(sessions, { endsSessions, startCommand: 'up', program });
    output.tell(`\ntriad: ${goesOn}`);
  });
}
