import { execFile } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readFile, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';

const CHECKOUT = resolve(import.meta.dirname, '../..');
const FIXTURES = join(CHECKOUT, 'test/fixtures/gates');
/** Keeps the planted files out of the checkout's own gates. */
const ENDING = '.planted';
const SETTINGS = [
  'package.json',
  'tsconfig.json',
  'eslint.config.js',
  'biome.json',
  'knip.json',
  '.dependency-cruiser.cjs',
  '.gitignore',
  'scripts',
];
/** A slow machine with all cores busy needs a fraction of this. */
const LIMIT_MS = 60_000;

/** The planted files of a project, by their path in it. */
export function plantedFiles(name: string): string[] {
  return readdirSync(join(FIXTURES, name), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith(ENDING))
    .map((path) => path.slice(0, -ENDING.length))
    .sort();
}

/** What must catch a planted file: its first line says so, `// caught by RULE, RULE` (or as JSON). */
export async function rulesThatCatch(name: string, path: string): Promise<string[]> {
  const text = await readFile(join(FIXTURES, name, `${path}${ENDING}`), 'utf8');
  const rules = /^(?:\/\/ |\{\s+"\/\/": ")caught by ([^"\n]+)/.exec(text)?.[1];
  return rules?.split(', ').sort() ?? [];
}

export interface Outcome {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A project in a temporary folder: the checkout's settings and packages with planted files. */
export class PlantedProject implements AsyncDisposable {
  readonly root: string;

  private constructor(root: string) {
    this.root = root;
  }

  static async create(name: string): Promise<PlantedProject> {
    const project = new PlantedProject(await mkdtemp(join(tmpdir(), 'triad-gate-')));
    await mkdir(join(project.root, 'test'));
    await symlink(join(CHECKOUT, 'node_modules'), join(project.root, 'node_modules'));
    for (const path of SETTINGS) await project.#copy(join(CHECKOUT, path), path);
    for (const path of plantedFiles(name)) {
      await project.#copy(join(FIXTURES, name, `${path}${ENDING}`), path);
    }
    return project;
  }

  /** Runs one gate as `npm run check` does. @returns what it wrote to stdout */
  async runGate(gate: string, extraArguments: readonly string[]): Promise<string> {
    const args = ['run', '--silent', `check:${gate}`, '--', ...extraArguments];
    return (await this.run('npm', args)).stdout;
  }

  async run(command: string, args: readonly string[]): Promise<Outcome> {
    const options = { cwd: this.root, timeout: LIMIT_MS, maxBuffer: 16 * 1024 * 1024 };
    return await new Promise((resolvePromise) => {
      const child = execFile(command, args, options, (_failure, stdout, stderr) =>
        resolvePromise({ status: child.exitCode, stdout, stderr }),
      );
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.root, { recursive: true, force: true });
  }

  async #copy(from: string, to: string): Promise<void> {
    const target = join(this.root, to);
    await mkdir(dirname(target), { recursive: true });
    await cp(from, target, { recursive: true });
  }
}
