import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, relative } from 'node:path';

/**
 * A step that is done again when its inputs changed, an output is gone, or its last run did not
 * come to its end: the stamp is taken away before and written after.
 *
 * @param {object} plan
 * @param {string} plan.label
 * @param {string} plan.stamp path of the stamp
 * @param {() => string} plan.digest of everything the outputs depend on
 * @param {() => readonly string[]} plan.outputs paths that must exist afterwards
 * @param {(wasWhole: boolean) => Promise<void>} plan.make told whether the last run came to its end
 * @returns {import('./set-up.mjs').Step}
 */
export function stampedStep(plan) {
  return {
    label: plan.label,
    isCurrent: () =>
      readStamp(plan.stamp) === plan.digest() && plan.outputs().every((path) => existsSync(path)),
    make: async () => {
      const digest = plan.digest();
      const wasWhole = readStamp(plan.stamp) !== undefined;
      rmSync(plan.stamp, { force: true });
      await plan.make(wasWhole);
      writeStamp(plan.stamp, digest);
    },
  };
}

/** @param {string} path @returns {string | undefined} */
export function readStamp(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8')).digest;
  } catch {
    return undefined;
  }
}

/** @param {string} path @param {string} digest */
export function writeStamp(path, digest) {
  mkdirSync(dirname(path), { recursive: true });
  const temporary = `${path}.${process.pid}`;
  writeFileSync(temporary, `${JSON.stringify({ digest })}\n`);
  renameSync(temporary, path);
}

/**
 * One digest of the names and contents of files, and of other things that matter.
 *
 * @param {string} root names count relative to it
 * @param {readonly string[]} paths
 * @param {readonly string[]} [others]
 */
export function digestOf(root, paths, others = []) {
  const hash = createHash('sha256').update(JSON.stringify(others));
  for (const path of [...paths].sort()) {
    const content = existsSync(path) ? readFileSync(path) : Buffer.alloc(0);
    hash.update(`${relative(root, path)}\0${content.length}\0`).update(content);
  }
  return hash.digest('hex');
}

/**
 * Every file below a folder whose name ends so; folders of packages and of outputs are left out.
 *
 * @param {string} folder
 * @param {string} ending
 * @returns {string[]}
 */
export function filesBelow(folder, ending) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) {
      return ['node_modules', 'dist'].includes(entry.name) ? [] : filesBelow(path, ending);
    }
    return entry.name.endsWith(ending) ? [path] : [];
  });
}
