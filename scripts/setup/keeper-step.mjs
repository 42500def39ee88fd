import { accessSync, constants, mkdirSync, renameSync } from 'node:fs';
import { delimiter, isAbsolute, join } from 'node:path';
import { digestOf, stampedStep } from './stamp.mjs';
import { runTool, ToolError } from './tool.mjs';

const FLAGS = ['-O2', '-std=c++17', '-Wall', '-Wextra', '-Werror'];
const COMPILERS = ['c++', 'g++', 'clang++'];

/** The pane keeper: `src/triad/keeper.cc` -> `dist/triad/keeper`. @param {string} root */
export function keeperStep(root) {
  const source = join(root, 'src', 'triad', 'keeper.cc');
  const folder = join(root, 'dist', 'triad');
  const keeper = join(folder, 'keeper');
  return stampedStep({
    label: 'compiling the keeper',
    stamp: join(folder, '.triad-setup-keeper.json'),
    digest: () => digestOf(root, [source], [...FLAGS, process.arch]),
    outputs: () => [keeper],
    make: async () => {
      const [command, ...args] = findCompiler();
      mkdirSync(folder, { recursive: true });
      // Keepers of a running session execute this file: it is replaced, never written over.
      const temporary = `${keeper}.new`;
      await runTool(command, [...args, ...FLAGS, '-o', temporary, source], { cwd: root });
      renameSync(temporary, keeper);
    },
  });
}

/** @returns {[string, ...string[]]} the command and the arguments that belong to it */
function findCompiler() {
  const chosen = process.env['CXX']?.trim();
  if (chosen) {
    const [command = '', ...args] = chosen.split(/\s+/);
    if (isProgram(command)) return [command, ...args];
    throw new ToolError(`CXX names ${command}, which is no program in PATH`);
  }
  const found = COMPILERS.find(isProgram);
  if (found !== undefined) return [found];
  throw new ToolError(`no C++ compiler found: looked for ${COMPILERS.join(', ')} in PATH`, {
    hint: 'install one: apt install g++, dnf install gcc-c++, pacman -S gcc, or apk add g++; or set CXX',
  });
}

/** @param {string} command */
function isProgram(command) {
  const folders = isAbsolute(command) ? [''] : (process.env['PATH'] ?? '').split(delimiter);
  return folders.some((folder) => {
    try {
      accessSync(join(folder, command), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
