import { EXIT, type ExitCode } from '../base/exit-codes.js';
import type { LogLevel } from '../log/logger.js';
import { startHost } from '../service/start-host.js';
import type { CliContext } from './context.js';
import type { Output } from './output.js';
import { crash, limitStop, startUnlessStopped } from './process-end.js';
import { describeHost } from './start-text.js';

/** Starts the host alone, and stays until somebody stops it or ends its sessions. */
export async function runHost(
  context: CliContext,
  { logLevel }: { readonly logLevel: LogLevel },
  output: Output,
): Promise<ExitCode> {
  const { running, signalled, hangups } = await startUnlessStopped(context, output, (options) =>
    startHost({ ...options, logLevel, command: [] }),
  );
  const { host, log } = running;
  output.tell(await describeHost(running, context));
  output.print(`ready ${running.socket}\n`);
  const stopReloads = hangups.serve({ log, reload: () => host.reload() }, output);
  const ended = host.allEnded.then(() => 'ended' as const);
  const stop = await Promise.race([ended, signalled, crash(log)]);
  limitStop(output, log);
  stopReloads();
  const names = (await host.describe()).map(({ name }) => name).join(', ');
  const { program } = context;
  output.tell(
    stop === 'ended'
      ? `\ntriad: ${names} has ended; the host stops\n`
      : `\ntriad: the host stops; ${names} goes on with everything in it (\`${program} host\` takes it over again)\n`,
  );
  await running.stop();
  return typeof stop === 'object' ? stop.exitCode : EXIT.ok;
}
