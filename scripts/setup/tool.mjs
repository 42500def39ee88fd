import { spawn } from 'node:child_process';
import { join } from 'node:path';

const LEASH = join(import.meta.dirname, 'leash.mjs');
/** The end of a tool's output is kept: that is where the errors are. */
const MAX_OUTPUT_BYTES = 256 * 1024;
/** Far beyond a slow network or an old machine; a tool that hangs must not hang the set-up. */
const LIMIT_MS = 20 * 60_000;

/** Something the set-up ran, or looked for, that did not work; `report` is for the person. */
export class ToolError extends Error {
  /** @override */
  name = 'ToolError';

  /** @param {string} message @param {{ output?: string, hint?: string }} [more] */
  constructor(message, more = {}) {
    super(message);
    this.output = more.output ?? '';
    const output = more.output === undefined || more.output === '' ? [] : [more.output.trimEnd()];
    const hint = more.hint === undefined ? [] : [`setup: hint: ${more.hint}`];
    this.report = [...output, `setup: error: ${message}`, ...hint].join('\n');
  }
}

/**
 * Runs a tool and keeps its output to itself. When this process ends, however it ends, the tool
 * and everything that the tool started end with it.
 *
 * @param {string} command
 * @param {readonly string[]} args
 * @param {{ cwd: string, hint?: string }} options
 * @returns {Promise<void>}
 * @throws {ToolError} with the output, when the tool fails
 */
export async function runTool(command, args, options) {
  const child = spawn(process.execPath, [LEASH, command, ...args], {
    cwd: options.cwd,
    detached: true,
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const output = new OutputTail();
  child.stdout.on('data', (/** @type {Buffer} */ bytes) => output.append(bytes));
  child.stderr.on('data', (/** @type {Buffer} */ bytes) => output.append(bytes));
  const timer = setTimeout(() => child.stdin.destroy(), LIMIT_MS);
  const [status, signal] = await new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (...ending) => resolve(ending));
  });
  clearTimeout(timer);
  if (status === 0) return;
  const line = [command, ...args].join(' ');
  const ending = signal === null ? `exited with status ${status}` : `was ended by ${signal}`;
  throw new ToolError(`${line} ${ending}`, { ...options, output: output.text });
}

/**
 * Runs npm: under an npm script the one that was called, otherwise the one in PATH.
 *
 * @param {readonly string[]} args
 * @param {{ cwd: string, hint?: string }} options
 */
export async function runNpm(args, options) {
  const called = process.env['npm_execpath'];
  if (called?.endsWith('npm-cli.js')) await runTool(process.execPath, [called, ...args], options);
  else await runTool('npm', args, options);
}

class OutputTail {
  /** @type {Buffer[]} */
  #chunks = [];
  #length = 0;

  /** @param {Buffer} bytes */
  append(bytes) {
    this.#chunks.push(bytes);
    this.#length += bytes.length;
    while (this.#length > MAX_OUTPUT_BYTES && this.#chunks.length > 1) {
      this.#length -= this.#chunks.shift()?.length ?? 0;
    }
  }

  get text() {
    return Buffer.concat(this.#chunks).toString('utf8');
  }
}
