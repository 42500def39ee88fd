import { readFileSync, statSync } from 'node:fs';
import { type FileIdentity, isSameFile } from '../../base/named-file.js';
import { type TmuxBinary, versionOf } from './tmux-binary.js';

/**
 * Tells which program to run clients with. A server goes on when its file is removed or replaced by another
 * version, and only clients of its own version work: these are then started from proc(5) /proc/PID/exe.
 */
export class ServerProgram {
  readonly #binary: TmuxBinary;
  readonly #env: Readonly<Record<string, string>>;
  /** The program that the server runs. */
  #running: { readonly exe: string; readonly version: string } | undefined;
  #pid: number | undefined;
  /** The file that was found to have the server's version. */
  #fitting: FileIdentity | undefined;

  constructor(binary: TmuxBinary, env: Readonly<Record<string, string>>) {
    this.#binary = binary;
    this.#env = env;
  }

  /**
   * Makes clients fit the server with this process id from now on.
   *
   * @param told is the server's version, where it could be asked already.
   */
  async follow(pid: number, told?: string): Promise<void> {
    const exe = `/proc/${pid}/exe`;
    this.#pid = pid;
    const file = identityOf(this.#binary.file);
    const isSame = isSameFile(file, identityOf(exe));
    const running = told ?? (isSame ? this.#binary.version : await versionOf(exe, this.#env));
    if (running === undefined) return;
    // The version decides, since a wrapper is another file, too.
    const isFitting = isSame || (await versionOf(this.#binary.path, this.#env)) === running;
    this.#running = { exe, version: running };
    this.#fitting = isFitting ? file : undefined;
  }

  /** The program to run: as it was configured, as long as that fits the server. */
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
   * How many milliseconds the server has run on a processor, without waiting for one (proc(5), schedstat);
   * undefined where that is not known.
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

  /** A sentence for people where the file is another one, or gone. */
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
