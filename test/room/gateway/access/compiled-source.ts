import { mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import ts from 'typescript';

const ROOT = resolve(import.meta.dirname, '../../../..');

/**
 * Compiles rooms into `directory`, so that other processes, which no test runner helps, can import
 * what is in `src` now.
 */
export async function compileRooms(directory: string, rooms: readonly string[]): Promise<void> {
  await writeFile(join(directory, 'package.json'), '{"type":"module"}');
  await symlink(join(ROOT, 'node_modules'), join(directory, 'node_modules'));
  for (const room of rooms) {
    for (const name of await readdir(join(ROOT, 'src', room))) {
      const source = await readFile(join(ROOT, 'src', room, name), 'utf8');
      const target = join(directory, room, name.replace(/ts$/, 'js'));
      await mkdir(dirname(target), { recursive: true });
      await writeFile(target, compile(source));
    }
  }
}

function compile(source: string): string {
  const compilerOptions = { target: ts.ScriptTarget.ES2023, module: ts.ModuleKind.ESNext };
  return ts.transpileModule(source, { compilerOptions }).outputText;
}
