import { readdirSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { ConfigurationError, messageOf, systemCode } from '../../base/errors.js';
import {
  readTrustedFile,
  requireTrustedFolder,
  type TrustedPath,
} from '../../base/trusted-file.js';
import { visible } from '../../base/visible.js';
import type { ConfigCommand } from './config-commands.js';

/** Limits beyond what anybody keeps; further files are refused, since they were not checked. */
const MAX_FILES = 64;
const MAX_DEPTH = 8;
/** The command and its alias, which tmux does not expand within another command. */
const NAMES: readonly string[] = ['source-file', 'source'];

/** A configuration file that tmux reads, with the commands in it. */
interface Sourcing {
  readonly path: string;
  readonly commands: readonly ConfigCommand[];
  readonly depth: number;
}

export interface SourcedFilesOptions {
  /** The folder from which on everything has to be trusted; elsewhere that is `/`. */
  readonly root: string;
  readonly maxBytes: number;
  /** Reads the commands of a file with this content, also those in blocks, and runs none. */
  readonly commandsOf: (bytes: Uint8Array) => Promise<readonly ConfigCommand[]>;
}

/**
 * Checks the files that a tmux configuration reads by source-file, and those that these read, by the same
 * rule as the configuration itself, as ssh_config(5) does with Include. A missing file must be in a folder
 * where nobody else can make it. Formats (`-F`) are not known before tmux runs them, and are left out.
 */
export class SourcedFiles {
  readonly #options: SourcedFilesOptions;
  readonly #seen = new Set<string>();
  readonly #problems: string[] = [];

  constructor(options: SourcedFilesOptions) {
    this.#options = options;
  }

  /** @returns the problems as `PATH:LINE: WHY`, with the file that names the faulty one. */
  async problemsOf(path: string, bytes: Uint8Array): Promise<readonly string[]> {
    this.#seen.add(path);
    await this.#follow({ path, commands: await this.#options.commandsOf(bytes), depth: 0 });
    return this.#problems;
  }

  async #follow({ path, commands, depth }: Sourcing): Promise<void> {
    for (const command of await this.#withStrings(commands)) {
      for (const pattern of patternsOf(command)) {
        const at = `${path}:${command.line}: source-file: `;
        try {
          for (const file of this.#filesOf(pattern)) await this.#check(file, depth + 1);
        } catch (error) {
          if (error instanceof ConfigurationError) this.#problems.push(`${at}${error.message}`);
          else this.#problems.push(`${at}cannot be read: ${visible(messageOf(error))}`);
        }
      }
    }
  }

  /** Adds the commands that if-shell has as strings. */
  async #withStrings(commands: readonly ConfigCommand[]): Promise<readonly ConfigCommand[]> {
    const all = [...commands];
    for (const { words, line } of commands) {
      if (words[0] !== 'if-shell') continue;
      for (const word of words.slice(1)) {
        const inside = await this.#options.commandsOf(Buffer.from(word));
        all.push(...inside.map((each) => ({ ...each, line })));
      }
    }
    return all.sort((one, other) => one.line - other.line);
  }

  async #check(path: string, depth: number): Promise<void> {
    if (this.#seen.has(path)) return;
    this.#seen.add(path);
    if (depth > MAX_DEPTH || this.#seen.size > MAX_FILES + 1) {
      const most = `more than ${MAX_FILES} files, or ${MAX_DEPTH} one in the other`;
      throw new ConfigurationError(`${visible(path)}: ${most}, are not looked at: join some`);
    }
    const bytes = this.#read(path);
    if (bytes === undefined) return;
    await this.#follow({ path, commands: await this.#options.commandsOf(bytes), depth });
  }

  #read(path: string): Uint8Array | undefined {
    const { maxBytes } = this.#options;
    try {
      const { bytes } = readTrustedFile(this.#pathOf(path), maxBytes + 1);
      if (bytes.length <= maxBytes) return bytes;
    } catch (error) {
      if (systemCode(error) !== 'ENOENT') throw error;
      this.#requireFolder(dirname(path));
      return undefined;
    }
    throw new ConfigurationError(`${visible(path)}: is larger than ${maxBytes} bytes`);
  }

  /** Requires a folder in which nobody else may make files, not even with the sticky bit, as in /tmp. */
  #requireFolder(folder: string): void {
    const there = nearest(folder);
    requireTrustedFolder(this.#pathOf(there));
    requireTrustedFolder({ root: there, path: there });
  }

  /** The files that match a pattern; the folders that are searched for them must be trusted. */
  #filesOf(pattern: string): readonly string[] {
    if (!/[*?[]/.test(pattern)) return [pattern];
    let found = ['/'];
    for (const part of pattern.split('/').filter((each) => each !== '')) {
      found = found.flatMap((folder) => {
        if (!/[*?[]/.test(part)) return [join(folder, part)];
        this.#requireFolder(folder);
        return namesIn(folder)
          .filter(matching(part))
          .map((name) => join(folder, name));
      });
    }
    return found;
  }

  #pathOf(path: string): TrustedPath {
    const { root } = this.#options;
    return { root: path === root || path.startsWith(`${root}/`) ? root : '/', path };
  }
}

/** The patterns that a command names; relative ones start at `/`, the working directory of tmux here. */
function patternsOf({ words }: ConfigCommand): string[] {
  const start = words[0] === 'bind-key' ? words.findIndex((word) => NAMES.includes(word)) : 0;
  if (!NAMES.includes(words[start] ?? '')) return [];
  const end = words.indexOf(';', start);
  const rest = words.slice(start + 1, end < 0 ? words.length : end);
  const first = rest.findIndex((word, at) => !word.startsWith('-') && rest[at - 1] !== '-t');
  const flags = first < 0 ? rest : rest.slice(0, first);
  if (first < 0 || flags.some((flag) => /^-\w*F/.test(flag))) return [];
  return rest.slice(first).map((path) => resolve('/', path));
}

function nearest(folder: string): string {
  for (let there = folder; ; there = dirname(there)) {
    const status = statSync(there, { throwIfNoEntry: false });
    if (status?.isDirectory() === true || there === '/') return there;
  }
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder).sort();
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(systemCode(error) ?? '')) return [];
    throw error;
  }
}

/** Compiles one part of a glob(7) pattern. */
function matching(part: string): (name: string) => boolean {
  const source = part.replace(/\\?[^]/g, (each) => {
    if (each === '*') return '[^/]*';
    if (each === '?') return '[^/]';
    return /^[[\]!-]$/.test(each) ? each : escaped(each.at(-1) ?? '');
  });
  const expression = new RegExp(`^${source.replaceAll('[!', '[^')}$`);
  return (name) => (!name.startsWith('.') || part.startsWith('.')) && expression.test(name);
}

function escaped(character: string): string {
  return character.replace(/[\\^$.*+?()[\]{}|/-]/, '\\$&');
}
