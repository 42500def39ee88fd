import { makeStateDir } from './address-file.js';
import type { Database } from './database.js';
import { NotReadyError } from './demo-error.js';
import { EmbeddedDatabase } from './embedded-database.js';
import { PostgresClient } from './postgres-client.js';
import { type Program, pause, runProgram, stopSignal } from './program.js';
import { Retry } from './retry.js';
import { StateScreen } from './state-screen.js';
import type { Terminal } from './terminal.js';

const LOOK_EVERY_MS = 500;

/** The state database of the demo triad, and the newest rows of its table on the screen. */
async function runState({ settings, terminal }: Program): Promise<void> {
  const url = settings.databaseUrl;
  if (url !== undefined) {
    await serve(new PostgresClient(() => Promise.resolve(url)), 'DATABASE_URL', terminal);
    return;
  }
  await makeStateDir(settings.stateDir);
  // Making the database blocks this process for seconds, and may be killed at any point: until it
  // is open, signals do what they do by default.
  const database = await EmbeddedDatabase.open({
    ...settings,
    onProgress: (sentence) => terminal.line(sentence),
  });
  await serve(database, 'embedded', terminal);
}

async function serve(database: Database, where: string, terminal: Terminal): Promise<void> {
  const stop = stopSignal();
  const retry = new Retry(terminal, stop);
  const screen = new StateScreen(database, terminal, where);
  try {
    while (!stop.aborted) {
      try {
        await screen.refresh();
        retry.succeeded();
        await pause(LOOK_EVERY_MS, stop);
      } catch (error) {
        // An embedded database that fails is healed by a restart only.
        if (!(error instanceof NotReadyError)) throw error;
        screen.forget();
        await retry.wait(error.message);
      }
    }
  } finally {
    await database.close();
  }
  terminal.line('\nstate stopped');
}

await runProgram(runState);
