/**
 * Runs the static gates, the `check:` scripts of package.json: all of them, though one may fail,
 * or those that are named: `node scripts/check.mjs [GATE...]`.
 */
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { runNpm, ToolError } from './setup/tool.mjs';

const PREFIX = 'check:';

const root = resolve(import.meta.dirname, '..');
const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const gates = Object.keys(scripts).flatMap((name) =>
  name.startsWith(PREFIX) ? [name.slice(PREFIX.length)] : [],
);
const named = process.argv.slice(2);
const unknown = named.filter((name) => !gates.includes(name));

if (unknown.length > 0) {
  const known = gates.join(', ');
  process.stderr.write(`check: error: no gate is called ${unknown.join(', ')}, only ${known}\n`);
  process.exitCode = 64;
} else {
  const failed = [];
  for (const gate of named.length > 0 ? named : gates) {
    if (!(await passes(gate))) failed.push(gate);
  }
  if (failed.length > 0) {
    process.stdout.write(`check: FAILED: ${failed.join(', ')}\n`);
    process.exitCode = 1;
  }
}

/** @param {string} gate */
async function passes(gate) {
  const startedAt = Date.now();
  const report = await findFailure(gate);
  const verdict = report === undefined ? 'ok' : 'FAILED';
  const seconds = ((Date.now() - startedAt) / 1000).toFixed(1);
  if (report !== undefined) process.stdout.write(`${report}\n`);
  process.stdout.write(`check: ${gate}: ${verdict} (${seconds} s)\n`);
  return report === undefined;
}

/** @param {string} gate @returns {Promise<string | undefined>} what the gate said when it fails */
async function findFailure(gate) {
  try {
    await runNpm(['run', '--silent', `${PREFIX}${gate}`], { cwd: root });
    return undefined;
  } catch (error) {
    if (error instanceof ToolError) return error.output;
    throw error;
  }
}
