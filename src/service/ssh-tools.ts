import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { ConfigurationError, systemCode } from '../base/errors.js';
import { findShortage, reasonOf } from '../base/shortage.js';

/** An RSA key takes a second; more means that the machine has no randomness. */
const KEYGEN_LIMIT_MS = 60_000;
/** An agent that asks its owner something must not hold up the start. */
const AGENT_LIMIT_MS = 2_000;

export interface KeyRequest {
  readonly type: 'ed25519' | 'rsa';
  readonly comment: string;
  /** Of the private key; the public one gets `.pub`. Must not be there. */
  readonly path: string;
}

/**
 * Makes a key pair without a passphrase by ssh-keygen(1).
 *
 * @throws ConfigurationError with its words.
 */
export async function makeKey({ type, comment, path }: KeyRequest): Promise<void> {
  const bits = type === 'rsa' ? ['-b', '3072'] : [];
  try {
    await run(
      'ssh-keygen',
      ['-q', '-t', type, ...bits, '-N', '', '-C', comment, '-f', path],
      KEYGEN_LIMIT_MS,
    );
  } catch (error) {
    const why = systemCode(error) === 'ENOENT' ? 'ssh-keygen is not there' : reasonOf(error);
    throw new ConfigurationError(`${path}: could not be made: ${why}`, {
      hint:
        findShortage(error)?.hint ??
        'install the OpenSSH client (Debian, Ubuntu: apt install openssh-client)',
      cause: error,
    });
  }
}

/**
 * The public half of a private key without a passphrase, as a line of a `.pub` file.
 *
 * @throws ConfigurationError when the file is no such key.
 */
export async function publicHalfOf(path: string): Promise<string> {
  try {
    return await run('ssh-keygen', ['-y', '-P', '', '-f', path], KEYGEN_LIMIT_MS);
  } catch (error) {
    // A key that could not be read for want of a process is none that may be removed.
    const shortage = findShortage(error);
    const what = shortage === undefined ? 'is damaged or no private key' : 'could not be read';
    throw new ConfigurationError(`${path}: ${what}: ${reasonOf(error)}`, {
      hint: shortage?.hint ?? 'restore it, or remove it and run: triad init',
      cause: error,
    });
  }
}

/** The public keys in the person's SSH agent, one per line; empty without an agent. */
export async function listAgentKeys(): Promise<string> {
  return run('ssh-add', ['-L'], AGENT_LIMIT_MS).catch(() => '');
}

async function run(file: string, args: readonly string[], limitMs: number): Promise<string> {
  const running = promisify(execFile)(file, args, { timeout: limitMs, killSignal: 'SIGKILL' });
  running.child.stdin?.end();
  return (await running).stdout;
}
