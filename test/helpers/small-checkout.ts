import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { chmod, cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, relative, resolve } from 'node:path';
import { promisify } from 'node:util';

const CHECKOUT = resolve(import.meta.dirname, '../..');
const TYPESCRIPT = join(CHECKOUT, 'node_modules/typescript');
const PATCH_PACKAGE = join(CHECKOUT, 'node_modules/patch-package/index.js');
const PATCH = `Why this is patched.

diff --git a/node_modules/patched/index.txt b/node_modules/patched/index.txt
index 90be1f3..0d8a1e7 100644
--- a/node_modules/patched/index.txt
+++ b/node_modules/patched/index.txt
@@ -1 +1 @@
-before
+after
`;

const COMPILER_OPTIONS = {
  target: 'es2023',
  module: 'nodenext',
  types: [],
  // The compiler's own declarations would cost more than all the rest.
  lib: ['es5'],
  skipLibCheck: true,
  incremental: true,
};
const FILES: Record<string, string> = {
  'src/cli/main.ts': "import { GREETING } from './greeting.js';\nexport const SAID = GREETING;\n",
  'src/cli/greeting.ts': "export const GREETING = 'hello';\n",
  'src/host/keeper/keeper.cc': '#include <unistd.h>\nint main() { pause(); }\n',
  'src/host/tap/tap.cc': 'int main() {}\n',
  'src/base/lock.cc': 'int main() {}\n',
  'examples/demo/engine.ts': 'export const ENGINE = 1;\n',
  'tsconfig.json': '{}',
  'tsconfig.build.json': compilerSettings({ rootDir: 'src', outDir: 'dist' }, 'src'),
  'examples/demo/tsconfig.json': compilerSettings({ rootDir: '.', outDir: 'dist' }, '*.ts'),
};

/** A checkout with the real set-up and little to set up, which needs no network. */
export class SmallCheckout implements AsyncDisposable {
  readonly root: string;
  readonly #processes: ChildProcess[] = [];

  private constructor(root: string) {
    this.root = root;
  }

  static async create(): Promise<SmallCheckout> {
    const checkout = new SmallCheckout(await mkdtemp(join(tmpdir(), 'triad-checkout-')));
    await cp(join(CHECKOUT, 'scripts'), join(checkout.root, 'scripts'), { recursive: true });
    for (const [path, text] of Object.entries(FILES)) await checkout.write(path, text);
    await checkout.writeLock('1.0.0');
    return checkout;
  }

  async copy(): Promise<SmallCheckout> {
    const copy = new SmallCheckout(await mkdtemp(join(tmpdir(), 'triad-checkout-')));
    await cp(this.root, copy.root, { recursive: true, verbatimSymlinks: true });
    return copy;
  }

  path(path: string): string {
    return join(this.root, path);
  }

  async write(path: string, text: string): Promise<void> {
    await mkdir(dirname(this.path(path)), { recursive: true });
    await writeFile(this.path(path), text);
  }

  /** Puts a package there as npm would, and a patch for it. */
  async addPatchedPackage(): Promise<void> {
    await rm(this.path('node_modules/patched'), { recursive: true, force: true });
    await this.write('node_modules/patched/package.json', '{"name":"patched","version":"1.0.0"}');
    await this.write('node_modules/patched/index.txt', 'before\n');
    await this.write('patches/patched+1.0.0.patch', PATCH);
    // Without its stamp the installation passes for one that somebody made themselves.
    await rm(this.path('node_modules/.triad-setup.json'), { force: true });
  }

  patchedText(): string {
    return readFileSync(this.path('node_modules/patched/index.txt'), 'utf8');
  }

  /** Locks one package, the TypeScript that is here; `version` is the checkout's own. */
  async writeLock(version: string): Promise<void> {
    const manifest = {
      name: 'small',
      version,
      type: 'module',
      scripts: { patch: `node "${PATCH_PACKAGE}" --error-on-fail` },
      devDependencies: { typescript: `file:${TYPESCRIPT}` },
    };
    const location = relative(this.root, TYPESCRIPT);
    const installed = JSON.parse(readFileSync(join(TYPESCRIPT, 'package.json'), 'utf8')) as {
      version: string;
    };
    const packages = {
      '': manifest,
      'node_modules/typescript': { resolved: location, link: true },
      [location]: { version: installed.version, dev: true },
    };
    await this.write('package.json', JSON.stringify(manifest));
    await this.write(
      'package-lock.json',
      JSON.stringify({ name: 'small', version, lockfileVersion: 3, requires: true, packages }),
    );
  }

  /** Sets up and waits for it; `environment` is added to ours. */
  async setUp(environment: NodeJS.ProcessEnv = {}): Promise<{ status: number; said: string }> {
    return await this.startSetUp(environment).ended;
  }

  startSetUp(environment: NodeJS.ProcessEnv = {}): RunningSetUp {
    const child = spawn(process.execPath, [this.path('scripts/setup.mjs')], {
      env: { ...process.env, CXX: '', npm_execpath: '', ...environment },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    this.#processes.push(child);
    return new RunningSetUp(child);
  }

  /** A program that waits, each time it is called, until it is let through to `command`. */
  async openGate(name: string, command: string): Promise<Gate> {
    await promisify(execFile)('mkfifo', [this.path('gate-fifo')]);
    const calls = this.path('gate-calls');
    await this.write('gate-calls', '');
    const lines = [
      '#!/usr/bin/env node',
      "import { appendFileSync, readFileSync } from 'node:fs';",
      "import { spawnSync } from 'node:child_process';",
      `appendFileSync(${JSON.stringify(calls)}, \`\${process.pid}\\n\`);`,
      `readFileSync(${JSON.stringify(this.path('gate-fifo'))});`,
      `const options = { stdio: 'inherit' };`,
      `process.exitCode = spawnSync('${command}', process.argv.slice(2), options).status;`,
    ];
    await this.write(name, `${lines.join('\n')}\n`);
    await chmod(this.path(name), 0o755);
    return {
      path: this.path(name),
      calls: () => readFileSync(calls, 'utf8').split('\n').filter(Boolean).map(Number),
      open: async () => await writeFile(this.path('gate-fifo'), ''),
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const child of this.#processes) child.kill('SIGKILL');
    await rm(this.root, { recursive: true, force: true });
  }
}

export interface Gate {
  readonly path: string;
  /** The process ids of the calls so far. */
  readonly calls: () => number[];
  /** Lets through the call that waits, or the next one. */
  readonly open: () => Promise<void>;
}

export class RunningSetUp {
  readonly process: ChildProcess;
  readonly ended: Promise<{ status: number; said: string }>;
  #said = '';

  constructor(process: ChildProcess) {
    this.process = process;
    process.stderr?.on('data', (bytes: Buffer) => {
      this.#said += bytes.toString('utf8');
    });
    this.ended = new Promise((resolvePromise, reject) => {
      process.on('error', reject);
      process.on('close', (status) => resolvePromise({ status: status ?? -1, said: this.#said }));
    });
  }

  get said(): string {
    return this.#said;
  }
}

function compilerSettings(options: { rootDir: string; outDir: string }, include: string): string {
  const compilerOptions = {
    ...COMPILER_OPTIONS,
    ...options,
    tsBuildInfoFile: `${options.outDir}/.tsbuildinfo`,
  };
  return JSON.stringify({ compilerOptions, include: [include] });
}
