import type { ExitCode } from '../base/exit-codes.js';
import { sayWhatGoesOn } from '../gateway/commands/down.js';
import type { LogLevel } from '../log/logger.js';
import { startGateway } from '../service/start-gateway.js';
import type { CliContext } from './context.js';
import type { Output } from './output.js';
import { startUnlessStopped, untilStopped } from './process-end.js';
import { describeGateway } from './start-text.js';

export interface GatewayRequest {
  readonly listen: readonly string[];
  readonly logLevel: LogLevel;
}

/** Starts the gateway alone, and stays until somebody stops it. */
export async function runGateway(
  context: CliContext,
  request: GatewayRequest,
  output: Output,
): Promise<ExitCode> {
  const started = await startUnlessStopped(context, output, (options) =>
    startGateway({ ...options, ...request }),
  );
  const { gateway } = started.running;
  started.hangups.serve({ log: gateway.log, reload: undefined }, output);
  output.tell(describeGateway(started.running, context));
  output.print(`ready ${await gateway.sshCommand()}\n`);
  return untilStopped(started, output, (endsSessions) => {
    const { program } = context;
    const startCommand = 'gateway';
    const goesOn = sayWhatGoesOn(gateway.sessions(), { endsSessions, startCommand, program });
    output.tell(`\ntriad: ${goesOn}`);
  });
}
