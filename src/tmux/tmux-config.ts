import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConfigurationError, messageOf } from '../base/errors.js';
import { visible } from '../base/visible.js';
import type { TmuxBinary } from './tmux-binary.js';

/** The last line of the file sets it; without it tmux has silently thrown the file away. */
const SENTINEL = '@triad_conf';
const CHECK_LIMIT_MS = 10_000;

/** What the promises rest on: without these a driver's slip ends the agents or crashes tmux. */
const REQUIRED: readonly (readonly [flags: string, option: string, value: string])[] = [
  ['-sv', 'exit-empty', 'off'],
  ['-gv', 'destroy-unattached', 'off'],
];
/** tmux up to 3.6 crashes at the next new window with this set globally. */
const FORBIDDEN_WINDOW_SIZE = 'manual';

/**
 * Tries a tmux configuration on a throw-away server, since tmux applies a faulty file in part or
 * not at all, without a word.
 *
 * @throws ConfigurationError with one line per problem.
 */
export async function checkTmuxConfig(
  binary: TmuxBinary,
  path: string,
  env: Readonly<Record<string, string>>,
): Promise<void> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw new ConfigurationError(`${path}: cannot be read: ${messageOf(error)}`, { cause: error });
  });
  const directory = await mkdtemp(join(tmpdir(), 'triad-conf-'));
  try {
    const answer = await source(binary, { socketPath: join(directory, 's'), path, env });
    const faults = located(answer, path, text);
    const problems = faults.length > 0 ? faults : missing(answer.stdout, path);
    if (problems.length > 0) {
      throw new ConfigurationError(problems, { hint: `correct ${path}; nothing was started` });
    }
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

interface Trial {
  readonly socketPath: string;
  readonly path: string;
  readonly env: Readonly<Record<string, string>>;
}

interface Answer {
  readonly stdout: string;
  readonly stderr: string;
}

async function source(binary: TmuxBinary, trial: Trial): Promise<Answer> {
  const shows = REQUIRED.flatMap(([flags, option]) => [';', 'show-options', flags, option]);
  const start = ['-S', trial.socketPath, '-f', '/dev/null', 'start-server'];
  const apply = [';', 'source-file', trial.path, ';', 'show-options', '-gqv', SENTINEL];
  const end = [';', 'show-options', '-gwv', 'window-size', ';', 'kill-server'];
  const argv = [...start, ...apply, ...shows, ...end];
  const child = spawn(binary.path, argv, {
    env: trial.env,
    cwd: '/',
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: CHECK_LIMIT_MS,
    killSignal: 'SIGKILL',
  });
  const output = { stdout: '', stderr: '' };
  child.stdout.on('data', (bytes: Buffer) => (output.stdout += bytes.toString('utf8')));
  child.stderr.on('data', (bytes: Buffer) => (output.stderr += bytes.toString('utf8')));
  await once(child, 'close');
  // A parse error ends the command list before its kill-server.
  const killer = spawn(binary.path, ['-N', '-S', trial.socketPath, 'kill-server'], {
    env: trial.env,
    stdio: 'ignore',
  });
  await once(killer, 'close');
  return output;
}

/**
 * What tmux complains about. It names the line for a bad command, on standard output, but not for an
 * unknown option: look for its name.
 */
function located({ stdout, stderr }: Answer, path: string, text: string): string[] {
  const lines = text.split('\n');
  const named = stdout.split('\n').filter((line) => line.startsWith(`${path}:`));
  return stderr
    .split('\n')
    .filter((line) => line.trim() !== '')
    .concat(named)
    .map((line) => {
      if (line.startsWith(`${path}:`)) return visible(line);
      const word = /: (\S+)$/.exec(line)?.[1];
      const at = word === undefined ? -1 : lines.findIndex((candidate) => candidate.includes(word));
      return at < 0 ? `${path}: ${visible(line)}` : `${path}:${at + 1}: ${visible(line)}`;
    });
}

/** Problems the file shows by what is set after it: a lost sentinel, or a promise's option changed. */
function missing(stdout: string, path: string): string[] {
  const [sentinel, ...values] = stdout.split('\n');
  if (sentinel !== '1') {
    return [`${path}: must be applied whole and end with the line: set -g ${SENTINEL} 1`];
  }
  const problems = REQUIRED.flatMap(([, option, value], index) =>
    values[index] === value
      ? []
      : [`${path}: ${option} must be ${value}, got ${visible(values[index] ?? 'nothing')}`],
  );
  if (values[REQUIRED.length] === FORBIDDEN_WINDOW_SIZE) {
    problems.push(`${path}: window-size must not be manual globally (it crashes tmux 3.3 to 3.6)`);
  }
  return problems;
}
