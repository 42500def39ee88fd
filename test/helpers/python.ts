import { spawnSync } from 'node:child_process';

/** A `python3` that has `module`: Debian's own may stand behind another one in PATH. */
export function findPythonWith(module: string): string | undefined {
  return ['/usr/bin/python3', 'python3'].find(
    (python) => spawnSync(python, ['-W', 'ignore', '-c', `import ${module}`]).status === 0,
  );
}
