/**
 * Brings a checkout to where `triad`, the demo and the tests can run: packages, program, demo,
 * keeper, tap, lock. Does only what is not done yet; says nothing when that is nothing.
 *
 * This file alone must load in any Node.js, since it is what tells that one is too old.
 */
const OLDEST_NODE = [20, 19];

function findPlatformProblem() {
  if (process.platform !== 'linux') {
    return `triad runs on Linux, this is ${process.platform}`;
  }
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const [oldestMajor = 0, oldestMinor = 0] = OLDEST_NODE;
  if (major > oldestMajor || (major === oldestMajor && minor >= oldestMinor)) return undefined;
  const oldest = OLDEST_NODE.join('.');
  return `triad needs Node.js ${oldest} or newer, this is ${process.versions.node}: see https://nodejs.org/en/download`;
}

const problem = findPlatformProblem();
if (problem === undefined) {
  const { setUp } = await import('./setup/set-up.mjs');
  process.exitCode = await setUp();
} else {
  process.stderr.write(`setup: error: ${problem}\n`);
  process.exitCode = 1;
}
