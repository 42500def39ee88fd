import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { UnavailableError } from '../base/errors.js';
import { EXIT, type ExitCode } from '../base/exit-codes.js';
import { isAnswering } from '../base/unix-socket.js';
import type { CallerTerminal, CommandOutcome } from '../gateway/commands/command-outcome.js';
import { parseCommand } from '../gateway/commands/parse.js';
import type { StoppedHome } from '../service/stopped-home.js';
import {
  type CliContext,
  controlSocket,
  linkSocket,
  readNamedFile,
  runtimeDirectory,
} from './context.js';
import type { Output } from './output.js';

/** Goodbyes and last bytes are bounded by a few seconds, ending the agents by some more. */
const STOP_LIMIT_MS = 60_000;
const STOP_POLL_MS = 50;

/** Runs a verb: in the gateway that is running, or on the files where nothing runs and it can. */
export async function runVerb(
  context: CliContext,
  words: readonly string[],
  output: Output,
): Promise<ExitCode> {
  const { program } = context;
  const parsed = parseCommand(words, 'triad');
  if ('help' in parsed) {
    output.print(parsed.help);
    return EXIT.ok;
  }
  const { onPane } = parsed.call;
  if (context.door !== undefined && onPane !== undefined) {
    const { askDoor } = await import('../host/pane-door/door-client.js');
    const { socket, token } = context.door;
    output.print(await askDoor(socket, { token, ...onPane }));
    return EXIT.ok;
  }
  const files = await readFiles(parsed.call.files ?? []);
  const socket = controlSocket(context.home);
  const terminal = terminalOf(context, output);
  const request = {
    words: [...words],
    program,
    files,
    ...(terminal === undefined ? {} : { terminal }),
  };
  const { readAnswer } = await import('./answer.js');
  const answered = await readAnswer(socket, request, output);
  const outcome =
    answered ??
    (await runWithoutGateway(context, { words, files, isOffline: parsed.verb.isOffline === true }));
  output.print(outcome.stdout);
  output.tell(outcome.stderr);
  if (answered !== undefined && parsed.verb.name === 'down' && outcome.exitCode === EXIT.ok) {
    await waitUntilStopped(context.home);
  }
  return outcome.exitCode;
}

function terminalOf({ environment }: CliContext, output: Output): CallerTerminal | undefined {
  const size = output.terminalSize();
  return size === undefined ? undefined : { cols: size.cols, hasColour: environment.allowsColour };
}

interface OfflineRequest {
  readonly words: readonly string[];
  readonly files: Readonly<Record<string, string>>;
  readonly isOffline: boolean;
}

async function runWithoutGateway(
  context: CliContext,
  { words, files, isOffline }: OfflineRequest,
): Promise<CommandOutcome> {
  // What a running gateway answers needs none of this; loading it would double the time.
  if (isOffline) {
    const { runOffline } = await import('../service/offline.js');
    return runOffline(context, words, files);
  }
  const { environment, home } = context;
  const stopped = { home, environment, runtimeDirectory: runtimeDirectory(home) };
  if (words[0] === 'down' && words.includes('--session')) {
    const { endHostSessions, endLeftSessions } = await import('../service/stopped-home.js');
    const ended = (await endHostSessions(linkSocket(home))) ?? (await endLeftSessions(stopped));
    if (ended.length > 0) {
      return { stdout: `ended ${ended.join(', ')}\n`, stderr: '', exitCode: EXIT.ok };
    }
  }
  if (context.door !== undefined) {
    throw new UnavailableError('this does not work inside a pane', {
      hint: 'inside a pane: triad send, keys, signal and capture',
    });
  }
  throw await notRunning(stopped);
}

async function notRunning(stopped: StoppedHome): Promise<UnavailableError> {
  const { root } = stopped.home;
  if (await isAnswering(linkSocket(stopped.home))) {
    const hint = 'triad gateway lets people in again; triad down --session ends what runs';
    const message = `the gateway is not running in ${root}; its host goes on without it`;
    return new UnavailableError(message, { hint });
  }
  const { listLeftSessions } = await import('../service/stopped-home.js');
  const left = await listLeftSessions(stopped).catch(() => []);
  const message = `triad is not running in ${root}`;
  if (left.length === 0) return new UnavailableError(message, { hint: 'start it with: triad up' });
  const hint = 'triad up takes it over; triad down --session ends it';
  return new UnavailableError(`${message}; ${left.join(', ')} goes on without it`, { hint });
}

async function readFiles(names: readonly string[]): Promise<Record<string, string>> {
  const files: Record<string, string> = {};
  for (const name of names) {
    files[name] = name === '-' ? await text(process.stdin) : await readNamedFile(name);
  }
  return files;
}

async function waitUntilStopped(home: CliContext['home']): Promise<void> {
  const { findGateway } = await import('../service/home-lock.js');
  const giveUpAt = performance.now() + STOP_LIMIT_MS;
  while ((await isAnswering(controlSocket(home))) || (await findGateway(home)) !== undefined) {
    if (performance.now() > giveUpAt) {
      throw new UnavailableError('triad does not stop', { hint: 'see its log' });
    }
    await delay(STOP_POLL_MS);
  }
}
