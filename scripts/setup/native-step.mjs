import { accessSync, constants, mkdirSync, renameSync } from 'node:fs';
import { delimiter, isAbsolute, join } from 'node:path';
import { digestOf, stampedStep } from './stamp.mjs';
import { runTool, ToolError } from './tool.mjs';

const FLAGS = ['-O2', '-std=c++17', '-Wall', '-Wextra', '-Werror'];
const COMPILERS = ['c++', 'g++', 'clang++'];

/**
 * Compiles the small program of a room: `src/ROOM/NAME.cc` -> `dist/ROOM/NAME`.
 *
 * @param {string} root @param {{ room: string, name: string }} program
 */
export function nativeStep(root, { room, name }) {
  const source = join(root, 'src', room, `${name}.cc`);
  const folder = join(root, 'dist', room);
  const program = join(folder, name);
  return stampedStep({
    label: `compiling the ${name}`,
    stamp: join(folder, `.triad-setup-${name}.json`),
    digest: () => digestOf(root, [source], [...FLAGS, process.arch]),
    outputs: () => [program],
    make: async () => {
      const [command, ...args] = findCompiler();
      mkdirSync(folder, { recursive: true });
      // Processes of a running session execute this file: it is replaced, never written over.
      const temporary = `${program}.new`;
      await runTool(command, [...args, ...FLAGS, '-o', temporary, source], { cwd: root });
      renameSync(temporary, program);
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
