import type { ExitCode } from '../base/exit-codes.js';
import { sayWhatGoesOn } from '../gateway/commands/down.js';
import type { LogLevel } from '../log/logger.js';
import { startGateway } from '../service/start-gateway.js';
import type { CliContext } from './context.js';
import type { Output } from './output.js';
import { startUnlessStopped, stopSignal, untilStopped } from './process-end.js';
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
  const onStep = (step: string) => output.tell(`triad: ${step}\n`);
  const signalled = stopSignal();
  const started = await startUnlessStopped(signalled, output, (stop) =>
    startGateway({ ...context, ...request, cwd: process.cwd(), onStep, stop }),
  );
  const { gateway } = started;
  output.tell(describeGateway(started, context));
  output.print(`ready ${await gateway.sshCommand()}\n`);
  return untilStopped(
    { gateway, stop: (end) => gateway.stop(end) },
    { signalled, output },
    (endsSessions) => {
      const { program } = context.environment;
      const startCommand = 'gateway';
      const goesOn = sayWhatGoesOn(gateway.sessions(), { endsSessions, startCommand, program });
      output.tell(`\ntriad: ${goesOn}`);
    },
  );
}
