import { chmodSync, existsSync, rmSync } from 'node:fs';
import { join, relative } from 'node:path';
import { digestOf, filesBelow, stampedStep } from './stamp.mjs';
import { runTool } from './tool.mjs';

const TSC = 'node_modules/typescript/bin/tsc';

/** Compiles `src/` into `dist/`. @param {string} root */
export function programStep(root) {
  const step = compiledStep({
    root,
    label: 'building the program',
    project: 'tsconfig.build.json',
    sources: join(root, 'src'),
    outputs: join(root, 'dist'),
  });
  const make = async () => {
    await step.make();
    chmodSync(join(root, 'dist', 'cli', 'main.js'), 0o755);
  };
  return { ...step, make };
}

/** Compiles the demo triad. @param {string} root */
export function demoStep(root) {
  return compiledStep({
    root,
    label: 'building the demo',
    project: 'examples/demo/tsconfig.json',
    sources: join(root, 'examples', 'demo'),
    outputs: join(root, 'examples', 'demo', 'dist'),
  });
}

/**
 * Compiles TypeScript by a project file.
 *
 * @param {{ root: string, label: string, project: string, sources: string, outputs: string }} plan
 */
function compiledStep(plan) {
  const { root, outputs } = plan;
  const stamp = join(outputs, '.triad-setup.json');
  const sources = () => filesBelow(plan.sources, '.ts').filter((path) => !path.endsWith('.d.ts'));
  const results = () =>
    sources().map((path) => join(outputs, relative(plan.sources, path).replace(/\.ts$/, '.js')));
  const settings = ['package.json', 'package-lock.json', 'tsconfig.json', plan.project];
  return stampedStep({
    label: plan.label,
    stamp,
    digest: () => digestOf(root, [...sources(), ...settings.map((name) => join(root, name))]),
    outputs: results,
    make: async (wasWhole) => {
      removeStale(outputs, new Set(results()));
      // What tsc remembers of its last run holds only when that run's files are all there.
      if (!wasWhole || !results().every((path) => existsSync(path))) {
        for (const path of filesBelow(outputs, '.tsbuildinfo')) rmSync(path);
      }
      await runTool(process.execPath, [join(root, TSC), '-p', plan.project], { cwd: root });
    },
  });
}

/**
 * Removes what was compiled from sources that are gone.
 *
 * @param {string} outputs
 * @param {ReadonlySet<string>} wanted
 */
function removeStale(outputs, wanted) {
  for (const path of filesBelow(outputs, '.js')) {
    if (!wanted.has(path)) rmSync(path);
  }
}
