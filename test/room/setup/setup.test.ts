import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { chmod, mkdir, symlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { eventually } from '../../helpers/eventually.js';
import { SmallCheckout } from '../../helpers/small-checkout.js';

let done: SmallCheckout;
let checkout: SmallCheckout;
let firstRun: { status: number; said: string };
const children: ChildProcess[] = [];

beforeAll(async () => {
  done = await SmallCheckout.create();
  firstRun = await done.setUp();
}, 60_000);

afterAll(async () => {
  await done[Symbol.asyncDispose]();
});

beforeEach(async () => {
  checkout = await done.copy();
});

afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  await checkout[Symbol.asyncDispose]();
});

describe('what set-up makes', () => {
  it('is packages, program, demo, keeper, tap, lock and the link for npx, each named as it is made', () => {
    expect(firstRun.status, firstRun.said).toBe(0);
    const compiled = ['compiling the keeper', 'compiling the tap', 'compiling the lock'];
    for (const step of ['installing packages', 'building the program', ...compiled]) {
      expect(firstRun.said).toContain(`setup: ${step} ...\n`);
      expect(firstRun.said).toContain(`setup: ${step}: done (`);
    }
    expect(readFileSync(checkout.path('dist/cli/greeting.js'), 'utf8')).toContain('hello');
    expect(existsSync(checkout.path('examples/demo/dist/engine.js'))).toBe(true);
    expect(existsSync(checkout.path('dist/host/keeper/keeper'))).toBe(true);
    expect(existsSync(checkout.path('dist/host/tap/tap'))).toBe(true);
    expect(existsSync(checkout.path('dist/base/lock'))).toBe(true);
    expect(readlinkSync(checkout.path('node_modules/.bin/triad'))).toBe('../../dist/cli/main.js');
  });

  it('is made once: the second run has nothing to do and says nothing', async () => {
    expect(await checkout.setUp()).toEqual({ status: 0, said: '' });
  });

  it('is accepted as it is where somebody ran npm themselves', async () => {
    rmSync(checkout.path('node_modules/.triad-setup.json'));
    expect(await checkout.setUp()).toEqual({ status: 0, said: '' });
  });
});

describe('set-up with a patch of a package', () => {
  it('applies it to what somebody installed themselves, and again when npm put it there anew', async () => {
    await checkout.addPatchedPackage();
    const { status, said } = await checkout.setUp();
    expect(status, said).toBe(0);
    expect(stepsOf(said)).toContain('patching packages');
    expect(checkout.patchedText()).toBe('after\n');
    expect(await checkout.setUp()).toEqual({ status: 0, said: '' });
    await checkout.addPatchedPackage();
    expect(stepsOf((await checkout.setUp()).said)).toEqual(['patching packages']);
    expect(checkout.patchedText()).toBe('after\n');
  });

  it('fails when it does not fit, and says how to begin anew', async () => {
    await checkout.addPatchedPackage();
    await checkout.write('node_modules/patched/index.txt', 'something else\n');
    const { status, said } = await checkout.setUp();
    expect(status).toBe(1);
    expect(said).toContain('setup: hint: begin with fresh packages: rm -r node_modules');
    expect((await checkout.setUp()).status).toBe(1);
  });

  it('installs anew when the patch changed, since it cannot be applied over its predecessor', async () => {
    await checkout.addPatchedPackage();
    await checkout.setUp();
    await checkout.write('patches/patched+1.0.0.patch', 'changed');
    const { said } = await checkout.setUp();
    expect(stepsOf(said)).toContain('installing packages');
  });
});

describe('set-up after a change', () => {
  it('compiles only the keeper when only the keeper changed', async () => {
    await checkout.write('src/host/keeper/keeper.cc', 'int main() { return 0; }\n');
    const { status, said } = await checkout.setUp();
    expect(status, said).toBe(0);
    expect(stepsOf(said)).toEqual(['compiling the keeper']);
  });

  it('builds only the program when only the program changed, and removes what has no source', async () => {
    rmSync(checkout.path('src/cli/greeting.ts'));
    await checkout.write('src/cli/main.ts', 'export const SAID = 1;\n');
    const { status, said } = await checkout.setUp();
    expect(status, said).toBe(0);
    expect(stepsOf(said)).toEqual(['building the program']);
    expect(existsSync(checkout.path('dist/cli/greeting.js'))).toBe(false);
    expect(existsSync(checkout.path('dist/host/keeper/keeper'))).toBe(true);
  });

  it('builds again what somebody deleted', async () => {
    rmSync(checkout.path('dist/cli/greeting.js'));
    expect((await checkout.setUp()).status).toBe(0);
    expect(existsSync(checkout.path('dist/cli/greeting.js'))).toBe(true);
  });

  it('installs again when the lock file changed', async () => {
    await checkout.writeLock('1.0.1');
    await checkout.write('node_modules/leftover/index.js', '');
    const { status, said } = await checkout.setUp();
    expect(status, said).toBe(0);
    expect(stepsOf(said)).toContain('installing packages');
    expect(existsSync(checkout.path('node_modules/leftover'))).toBe(false);
  });

  it('replaces a keeper that runs and leaves the running one alone', async () => {
    const keeper = spawn(checkout.path('dist/host/keeper/keeper'), { stdio: 'ignore' });
    children.push(keeper);
    const executable = `/proc/${String(keeper.pid)}/exe`;
    await eventually('the keeper runs', () => readlinkSync(executable).endsWith('/keeper'));
    await checkout.write('src/host/keeper/keeper.cc', 'int main() { return 0; }\n');
    const { status, said } = await checkout.setUp();
    expect(status, said).toBe(0);
    expect(readlinkSync(executable)).toMatch(/keeper \(deleted\)$/);
    expect(keeper.exitCode).toBe(null);
  });
});

describe('set-up that is killed', () => {
  it('takes its compiler with it, and the next run does the work, even for the old source', async () => {
    const oldSource = readFileSync(checkout.path('src/host/keeper/keeper.cc'), 'utf8');
    const gate = await checkout.openGate('slow-compiler.mjs', 'c++');
    await checkout.write('src/host/keeper/keeper.cc', 'int main() { return 0; }\n');
    const killed = checkout.startSetUp({ CXX: gate.path });
    const [compiler = 0] = await eventually('the compiler runs', () => some(gate.calls()));
    killed.process.kill('SIGKILL');
    await eventually('the compiler is gone', () => !isAlive(compiler));
    await checkout.write('src/host/keeper/keeper.cc', oldSource);
    expect(stepsOf((await checkout.setUp()).said)).toEqual(['compiling the keeper']);
    expect(await checkout.setUp()).toEqual({ status: 0, said: '' });
  });

  it('leaves no half installation that passes for a whole one', async () => {
    const gate = await checkout.openGate('npm-cli.js', 'npm');
    await checkout.writeLock('1.0.1');
    const killed = checkout.startSetUp({ npm_execpath: gate.path });
    const [npm = 0] = await eventually('npm runs', () => some(gate.calls()));
    rmSync(checkout.path('node_modules'), { recursive: true });
    await mkdir(checkout.path('node_modules/typescript'), { recursive: true });
    killed.process.kill('SIGKILL');
    await eventually('npm is gone', () => !isAlive(npm));
    const { status, said } = await checkout.setUp();
    expect(status, said).toBe(0);
    expect(stepsOf(said)).toContain('installing packages');
    expect(existsSync(checkout.path('node_modules/typescript/package.json'))).toBe(true);
  });

  it('keeps the keeper that works when the compiler fails half-way', async () => {
    const working = readFileSync(checkout.path('dist/host/keeper/keeper'));
    await checkout.write('src/host/keeper/keeper.cc', 'int main() { return 0; }\n');
    const lines = [
      '#!/bin/sh',
      'until [ "$1" = -o ]; do shift; done',
      'echo half > "$2"',
      'exit 1',
    ];
    await checkout.write('bad-compiler', `${lines.join('\n')}\n`);
    await chmod(checkout.path('bad-compiler'), 0o755);
    expect((await checkout.setUp({ CXX: checkout.path('bad-compiler') })).status).toBe(1);
    expect(readFileSync(checkout.path('dist/host/keeper/keeper')).equals(working)).toBe(true);
  });
});

describe('two set-ups at once', () => {
  it('do the work once: the second waits for the first and says so', async () => {
    const gate = await checkout.openGate('slow-compiler.mjs', 'c++');
    await checkout.write('src/host/keeper/keeper.cc', 'int main() { return 0; }\n');
    const first = checkout.startSetUp({ CXX: gate.path });
    await eventually('the compiler runs', () => some(gate.calls()));
    const second = checkout.startSetUp({ CXX: gate.path });
    const sentence = `setup: another setup is running (pid ${String(first.process.pid)}), waiting\n`;
    await eventually('the second waits', () => second.said.includes(sentence));
    await gate.open();
    expect(await first.ended).toMatchObject({ status: 0 });
    expect(await second.ended).toEqual({ status: 0, said: sentence });
    expect(gate.calls()).toHaveLength(1);
  });

  it('go on when the first is killed: the second takes over', async () => {
    const gate = await checkout.openGate('slow-compiler.mjs', 'c++');
    await checkout.write('src/host/keeper/keeper.cc', 'int main() { return 0; }\n');
    const first = checkout.startSetUp({ CXX: gate.path });
    await eventually('the compiler runs', () => some(gate.calls()));
    const second = checkout.startSetUp();
    await eventually('the second waits', () => second.said.includes('waiting'));
    first.process.kill('SIGKILL');
    const { status, said } = await second.ended;
    expect(status, said).toBe(0);
    expect(stepsOf(said)).toEqual(['compiling the keeper']);
  });
});

describe('set-up that cannot', () => {
  it('says which packages bring a compiler when there is none', async () => {
    await checkout.write('src/host/keeper/keeper.cc', 'int main() { return 0; }\n');
    const folder = checkout.path('bin');
    await mkdir(folder);
    await symlink(process.execPath, `${folder}/node`);
    const { status, said } = await checkout.setUp({ PATH: folder });
    expect(status).toBe(1);
    expect(said).toContain(
      'setup: error: no C++ compiler found: looked for c++, g++, clang++ in PATH',
    );
    expect(said).toContain('setup: hint: install one: apt install g++');
    expect((await checkout.setUp()).status).toBe(0);
  });

  it('says so when CXX names nothing', async () => {
    await checkout.write('src/host/keeper/keeper.cc', 'int main() { return 0; }\n');
    const { status, said } = await checkout.setUp({ CXX: 'no-such-compiler -O1' });
    expect(status).toBe(1);
    expect(said).toContain('setup: error: CXX names no-such-compiler, which is no program in PATH');
  });

  it('shows what the tool said, and every failure when there are two', async () => {
    await checkout.write('src/cli/main.ts', 'export const SAID: number = "word";\n');
    await checkout.write('src/host/keeper/keeper.cc', 'int main() { return word; }\n');
    const { status, said } = await checkout.setUp();
    expect(status).toBe(1);
    expect(said).toMatch(/src\/cli\/main\.ts\(1,14\): error TS2322/);
    expect(said).toMatch(/keeper\.cc:1:.*word/);
    expect(said.match(/^setup: error: /gm)).toHaveLength(2);
  });

  it('says so when npm is missing', async () => {
    rmSync(checkout.path('node_modules'), { recursive: true });
    const { status, said } = await checkout.setUp({ PATH: dirname(checkout.path('none')) });
    expect(status).toBe(1);
    expect(said).toContain('npm must be installed');
  });

  it.each([
    ['an old Node.js', 'versions', '{ ...process.versions, node: "20.18.3" }', '20.19 or newer'],
    ['another system', 'platform', '"darwin"', 'triad runs on Linux, this is darwin'],
  ])('names %s before anything else', async (_case, property, value, sentence) => {
    await checkout.write('src/host/keeper/keeper.cc', 'int main() { return 0; }\n');
    const code = `Object.defineProperty(process, '${property}', { value: ${value} });`;
    const { status, said } = await checkout.setUp({
      NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(code)}`,
    });
    expect(status).toBe(1);
    expect(said).toMatch(/^setup: error: .*\n$/);
    expect(said).toContain(sentence);
  });
});

function stepsOf(said: string): string[] {
  return [...said.matchAll(/^setup: (.*) \.\.\.$/gm)].map(([, step = '']) => step);
}

function some(calls: number[]): number[] | undefined {
  return calls.length > 0 ? calls : undefined;
}

/** A zombie that nobody has collected yet is not alive. */
function isAlive(pid: number): boolean {
  try {
    return !/\) Z/.test(readFileSync(`/proc/${String(pid)}/stat`, 'utf8'));
  } catch {
    return false;
  }
}
