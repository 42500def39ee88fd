import type { ChildProcess } from 'node:child_process';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { startInBackground } from '../base/child-process.js';
import { EXIT, type ExitCode } from '../base/exit-codes.js';
import type { CliContext } from './context.js';
import type { Output } from './output.js';

const MAIN = fileURLToPath(new URL('main.js', import.meta.url));
/** What a process that serves prints when it accepts. */
const READY = /^ready .*\n/m;

/**
 * Starts a command that stays in a session of its own (setsid(2)), and shows what it says until it is ready: from
 * then on no terminal ends it.
 *
 * @param words as they were given, with `--detach` among them.
 * @returns its exit status where it ended instead.
 */
export async function runDetached(
  { home }: CliContext,
  words: readonly string[],
  output: Output,
): Promise<ExitCode> {
  const dashes = words.includes('--') ? words.indexOf('--') : words.length;
  const stays = words.filter((word, at) => at > dashes || !['-d', '--detach'].includes(word));
  const command = [process.execPath, ...process.execArgv, MAIN, '--home', home.root, ...stays];
  const child = await startInBackground(command);
  const stop = () => child.kill('SIGTERM');
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  for (const signal of signals) process.once(signal, stop);
  child.stderr.setEncoding('utf8').on('data', (text: string) => output.tell(text));
  const ended = await Promise.race([untilReady(child.stdout, output), untilEnded(child)]);
  if (ended !== undefined) return ended;
  output.tell(`triad: goes on in the background as process ${child.pid}\n`);
  for (const signal of signals) process.off(signal, stop);
  child.unref();
  for (const pipe of [child.stdout, child.stderr]) pipe.destroy();
  return EXIT.ok;
}

function untilReady(stdout: Readable, output: Output): Promise<undefined> {
  return new Promise((resolve) => {
    let said = '';
    stdout.setEncoding('utf8').on('data', (text: string) => {
      output.print(text);
      said += text;
      if (READY.test(said)) resolve(undefined);
    });
  });
}

/** Resolves when the process has ended and all that it wrote was read. */
function untilEnded(child: ChildProcess): Promise<ExitCode> {
  return new Promise((resolve) => {
    child.once('close', (code) => {
      const known = Object.values(EXIT).find((each) => each === code);
      resolve(known ?? EXIT.failure);
    });
  });
}
