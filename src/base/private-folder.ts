import { chmodSync, lstatSync, mkdirSync, readlinkSync, type Stats, symlinkSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { ConfigurationError, systemCode } from './errors.js';
import { isAbsent } from './kept-file.js';
import type { Part } from './part.js';

export interface PrivateFolderOptions {
  readonly name: string;
  readonly path: string;
  /** The link by which people know the folder, where there is one. */
  readonly link?: string | undefined;
}

/** A folder (0700) of this user that is made again at the same path, which running commands may know. */
export class PrivateFolder implements Part {
  readonly #options: PrivateFolderOptions;

  constructor(options: PrivateFolderOptions) {
    this.#options = options;
  }

  get name(): string {
    return this.#options.name;
  }

  findFault(): string | undefined {
    const { path, link } = this.#options;
    try {
      const status = lstatSync(path);
      if (!status.isDirectory()) return 'is no folder any more';
      if (!isOwn(status)) return 'belongs to another user';
      if ((status.mode & 0o777) !== 0o700) return 'has other permissions';
    } catch (error) {
      if (isAbsent(error)) return 'was removed';
      throw error;
    }
    return link === undefined || targetOf(link) === path
      ? undefined
      : 'is not where its link leads';
  }

  /** @throws ConfigurationError where something else is at the path. */
  async makeAgain(): Promise<void> {
    const { path, link } = this.#options;
    mkdirIfAbsent(path);
    const status = lstatSync(path);
    if (!status.isDirectory() || !isOwn(status)) throw inTheWay(path);
    chmodSync(path, 0o700);
    if (link === undefined || targetOf(link) === path) return;
    try {
      mkdirSync(dirname(link), { recursive: true, mode: 0o700 });
      symlinkSync(path, link);
    } catch (error) {
      throw systemCode(error) === 'EEXIST' ? inTheWay(link) : error;
    }
  }
}

/** Whether the folder is this user's; root may use those of others. */
function isOwn({ uid }: Stats): boolean {
  const own = process.geteuid?.();
  return own === 0 || own === uid;
}

function mkdirIfAbsent(path: string): void {
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 });
  } catch (error) {
    if (systemCode(error) !== 'EEXIST') throw error;
  }
}

function targetOf(link: string): string | undefined {
  try {
    return resolve(dirname(link), readlinkSync(link));
  } catch {
    return undefined;
  }
}

function inTheWay(path: string): ConfigurationError {
  return new ConfigurationError(`${path}: something else is there`, {
    hint: `move it away: mv ${path} ${path}.away`,
  });
}
