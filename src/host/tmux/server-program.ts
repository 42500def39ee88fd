import { readFileSync, statSync } from 'node:fs';
import { type FileIdentity, isSameFile } from '../../base/named-file.js';
import { type TmuxBinary, versionOf } from './tmux-binary.js';

/**
 * Which program to run clients with. A server goes on when its file is replaced by another version or removed, and
 * speaks with clients of its own version alone: then they are started from what it runs itself (proc(5), `exe`).
 */
export class ServerProgram {
  readonly #binary: TmuxBinary;
  readonly #env: Readonly<Record<string, string>>;
  /** Of the server's process: what it runs. */
  #running: { readonly exe: string; readonly version: string } | undefined;
  #pid: number | undefined;
  /** The file that was found to be of the server's version. */
  #fitting: FileIdentity | undefined;

  constructor(binary: TmuxBinary, env: Readonly<Record<string, string>>) {
    this.#binary = binary;
    this.#env = env;
  }

  /**
   * From now on clients fit the server with this process id.
   *
   * @param told its version, where it could be asked already.
   */
  async follow(pid: number, told?: string): Promise<void> {
    const exe = `/proc/${pid}/exe`;
    this.#pid = pid;
    const file = identityOf(this.#binary.file);
    const isSame = isSameFile(file, identityOf(exe));
    const running = told ?? (isSame ? this.#binary.version : await versionOf(exe, this.#env));
    if (running === undefined) return;
    // A wrapper is another file, too: what counts is the version.
    const isFitting = isSame || (await versionOf(this.#binary.path, this.#env)) === running;
    this.#running = { exe, version: running };
    this.#fitting = isFitting ? file : undefined;
  }

  /** What to run; one name or path as it was given, as long as it fits. */
  get path(): string {
    const { path } = this.#binary;
    if (this.#running === undefined || this.#isFitting()) return path;
    return identityOf(this.#running.exe) === undefined ? path : this.#running.exe;
  }

  /** The version of the server, or of the program before there is one. */
  get version(): string {
    return this.#running?.version ?? this.#binary.version;
  }

  /**
   * Milliseconds that the server has run on a processor (proc(5), `schedstat`): to wait for its turn counts for
   * nothing. Undefined where nobody tells.
   */
  get ranMs(): number | undefined {
    if (this.#pid === undefined) return undefined;
    try {
      const [ran] = readFileSync(`/proc/${this.#pid}/schedstat`, 'latin1').split(' ');
      return Number(ran) / 1e6;
    } catch {
      return undefined;
    }
  }

  /** What is to be known where the file is another one, or gone. */
  get trouble(): string | undefined {
    if (this.#running === undefined || this.#isFitting()) return undefined;
    const { file } = this.#binary;
    const what = identityOf(file) === undefined ? 'was removed' : 'is another one now';
    return `the tmux server runs ${this.#running.version} and goes on; ${file} ${what}: when the commands may end, triad down --session and start again`;
  }

  #isFitting(): boolean {
    return isSameFile(this.#fitting, identityOf(this.#binary.file));
  }
}

function identityOf(path: string): FileIdentity | undefined {
  try {
    return statSync(path);
  } catch {
    return undefined;
  }
}
