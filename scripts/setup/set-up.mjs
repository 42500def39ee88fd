import { realpathSync } from 'node:fs';
import { join } from 'node:path';
import { demoStep, programStep } from './compiled-step.mjs';
import { installStep } from './install-step.mjs';
import { linkStep } from './link-step.mjs';
import { withLock } from './lock.mjs';
import { nativeStep } from './native-step.mjs';
import { patchStep } from './patch-step.mjs';
import { Progress } from './progress.mjs';
import { ToolError } from './tool.mjs';

/**
 * One thing a checkout needs.
 *
 * @typedef {object} Step
 * @property {string} label what is made, for people
 * @property {() => boolean} isCurrent whether it is there and made from what lies there now
 * @property {() => Promise<void>} make makes it; safe to repeat after it was killed in the middle
 */

/** Runs the steps that are not done yet. @returns {Promise<number>} the exit status */
export async function setUp() {
  const root = realpathSync(join(import.meta.dirname, '..', '..'));
  const install = [installStep(root), patchStep(root), linkStep(root)];
  const keeper = nativeStep(root, { room: 'host/keeper', name: 'keeper' });
  const tap = nativeStep(root, { room: 'host/tap', name: 'tap' });
  const lock = nativeStep(root, { room: 'base', name: 'lock' });
  const builds = [programStep(root), demoStep(root), keeper, tap, lock];
  if ([...install, ...builds].every((step) => step.isCurrent())) return 0;

  const progress = new Progress(process.stderr);
  try {
    await withLock(root, progress, async () => {
      for (const step of install) await bringUpToDate(step, progress);
      await all(builds.map((step) => bringUpToDate(step, progress)));
    });
    return 0;
  } catch (error) {
    for (const failure of error instanceof AggregateError ? error.errors : [error]) {
      progress.fail(describe(failure));
    }
    return 1;
  } finally {
    progress.close();
  }
}

/** @param {Step} step @param {Progress} progress */
async function bringUpToDate(step, progress) {
  if (!step.isCurrent()) await progress.show(step.label, step.make());
}

/** Waits for all, so that nothing still runs when the first failure is told. @param {Promise<void>[]} work */
async function all(work) {
  const failures = (await Promise.allSettled(work)).flatMap((outcome) =>
    outcome.status === 'rejected' ? [outcome.reason] : [],
  );
  if (failures.length > 0) throw new AggregateError(failures);
}

/** @param {unknown} failure */
function describe(failure) {
  if (failure instanceof ToolError) return failure.report;
  return failure instanceof Error ? (failure.stack ?? failure.message) : String(failure);
}
