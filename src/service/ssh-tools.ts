import { execFile } from 'node:child_process';
import { ConfigurationError, messageOf, systemCode } from '../base/errors.js';
import { visible } from '../base/visible.js';

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
    await run('ssh-keygen', ['-q', '-t', type, ...bits, '-N', '', '-C', comment, '-f', path], KEYGEN_LIMIT_MS);
  } catch (error) {
    const why = systemCode(error) === 'ENOENT' ? 'ssh-keygen is not there' : visible(messageOf(error));
    throw new ConfigurationError(`${path}: could not be made: ${why}`, {
      hint: 'install the OpenSSH client (Debian, Ubuntu: apt install openssh-client)',
      cause: error,
    });
  }
}

/** The public keys in the person's SSH agent, one per line; empty without an agent. */
export async function listAgentKeys(): Promise<string> {
  return run('ssh-add', ['-L'], AGENT_LIMIT_MS).catch(() => '');
}

function run(file: string, args: readonly string[], limitMs: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = execFile(file, args, { timeout: limitMs, killSignal: 'SIGKILL' }, (error, stdout) => {
      if (error === null) resolve(stdout);
      else reject(error);
    });
    child.stdin?.end();
  });
}
