import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import type { ProgramResult } from './triad-home.js';

const PROGRAM = join(import.meta.dirname, '../../dist/cli/main.js');

/** An empty directory to be made a home, beside the `~` of the person who does it. */
export class BareHome implements Disposable {
  readonly folder = mkdtempSync(join(tmpdir(), 'triad-bare-'));
  readonly root: string;
  readonly userHome = join(this.folder, 'me');

  /** @param name of the home, in a folder of its own */
  constructor(name = 'home') {
    this.root = join(this.folder, name);
    mkdirSync(join(this.userHome, '.ssh'), { recursive: true, mode: 0o700 });
  }

  path(name: string): string {
    return join(this.root, name);
  }

  /** Runs `triad` to its end; `env` is added to its environment, `before` comes before its name. */
  async run(
    args: readonly string[],
    { env = {}, before = [] }: { env?: Record<string, string>; before?: readonly string[] } = {},
  ): Promise<ProgramResult> {
    const outer = { ...process.env };
    delete outer['SSH_AUTH_SOCK'];
    delete outer['TRIAD_HOME'];
    const [file = '', ...words] = [
      ...before,
      process.execPath,
      PROGRAM,
      '--home',
      this.root,
      ...args,
    ];
    const child = spawn(file, words, {
      cwd: this.folder,
      env: { ...outer, HOME: this.userHome, ...env },
    });
    let [stdout, stderr] = ['', ''];
    child.stdout.on('data', (bytes: Buffer) => (stdout += bytes.toString()));
    child.stderr.on('data', (bytes: Buffer) => (stderr += bytes.toString()));
    child.stdin.end();
    const [code] = (await once(child, 'close')) as [number | null];
    return { code, stdout, stderr };
  }

  /** Every file and directory of the home with its mode, as `600 keys/id_ed25519`. */
  modes(): string[] {
    const entries = readdirSync(this.root, { recursive: true, withFileTypes: true });
    const paths = entries.map((entry) => join(entry.parentPath, entry.name)).sort();
    return paths.map(
      (path) => `${(statSync(path).mode & 0o777).toString(8)} ${relative(this.root, path)}`,
    );
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true });
  }
}
