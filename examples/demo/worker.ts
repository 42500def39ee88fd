import { getAddress, makeStateDir } from './address-file.js';
import { Agent } from './agent.js';
import { NotReadyError } from './demo-error.js';
import { OpenAiClient } from './openai-client.js';
import { PostgresClient } from './postgres-client.js';
import { type Program, pause, runProgram, stopSignal } from './program.js';
import { Retry } from './retry.js';
import type { Settings } from './settings.js';

/** The execution worker of the demo triad: an agent that runs until it is stopped. */
async function runWorker({ settings, terminal }: Program): Promise<void> {
  const stop = stopSignal();
  await makeStateDir(settings.stateDir);
  const database = new PostgresClient(() => findDatabaseUrl(settings));
  const agent = new Agent(new OpenAiClient(settings, stop), database, terminal);
  const retry = new Retry(terminal, stop);
  terminal.line(terminal.paint('bold', `worker, a cycle every ${settings.periodMs / 1000} s`));
  while (!stop.aborted) {
    const startedAt = performance.now();
    try {
      await agent.runCycle();
      retry.succeeded();
      await pause(settings.periodMs - (performance.now() - startedAt), stop);
    } catch (error) {
      if (!(error instanceof NotReadyError)) throw error;
      await retry.wait(error.message);
    }
  }
  await database.close();
  terminal.line('worker stopped');
}

async function findDatabaseUrl(settings: Settings): Promise<string> {
  if (settings.databaseUrl !== undefined) return settings.databaseUrl;
  return (await getAddress(settings.stateDir, 'database')).url;
}

await runProgram(runWorker);
