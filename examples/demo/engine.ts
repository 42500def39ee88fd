import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { makeStateDir, publishAddress, withdrawAddress } from './address-file.js';
import { EngineServer, type Served } from './engine-server.js';
import { visible } from './plain-text.js';
import { type Program, runProgram, stopSignal } from './program.js';
import { clockTime, type Terminal } from './terminal.js';

/**
 * The reasoning engine of the demo triad: serves the OpenAI protocol on loopback and logs each
 * request in one line.
 */
async function runEngine({ settings, terminal }: Program): Promise<void> {
  const stop = stopSignal();
  await makeStateDir(settings.stateDir);
  const apiKey = randomBytes(24).toString('base64url');
  const engine = await EngineServer.open({
    port: settings.enginePort,
    apiKey,
    onServed: (served) => logRequest(terminal, served),
  });
  const address = { url: engine.url, apiKey };
  try {
    await publishAddress(settings.stateDir, 'engine', address);
    introduce(terminal, engine.url, settings.openaiBaseUrl !== undefined);
    if (!stop.aborted) await once(stop, 'abort');
  } finally {
    await engine.close();
    await withdrawAddress(settings.stateDir, 'engine', address);
  }
  terminal.line('engine stopped');
}

function introduce(terminal: Terminal, url: string, isBypassed: boolean): void {
  terminal.line(terminal.paint('bold', `engine ${url}`));
  terminal.line('OpenAI chat protocol, fixed rules inside:');
  terminal.line('this is no language model.');
  if (isBypassed) {
    terminal.line(terminal.paint('yellow', 'OPENAI_BASE_URL is set: the worker asks'));
    terminal.line(terminal.paint('yellow', 'there, not here.'));
    return;
  }
  terminal.line('OPENAI_BASE_URL points the worker');
  terminal.line('at a real one.');
}

function logRequest(terminal: Terminal, served: Served): void {
  const path = visible(served.path.replace(/^\/v1\//, ''), 32);
  const start = `${clockTime(new Date())} ${path}`;
  const duration = `${served.durationMs.toFixed(0)}ms`;
  if (served.status < 400) {
    terminal.line(`${start} ${served.usage.prompt}+${served.usage.completion}t ${duration}`);
    return;
  }
  const refusal = `${visible(served.method, 8)} ${served.status}`;
  terminal.line(terminal.paint('red', `${start} ${refusal} ${duration}`));
}

await runProgram(runEngine);
