/**
 * Owns the reading of what people configure: the YAML files and the environment. Promises that what was accepted
 * satisfies the schema of its room, and that every problem is told at once with its line. It must never take a
 * file that somebody else may have written.
 */

import { type Document, isMap, isNode, isScalar, LineCounter, parseDocument } from 'yaml';
import { ConfigurationError, messageOf, systemCode } from '../base/errors.js';
import { readTrustedFile, type TrustedPath } from '../base/trusted-file.js';
import { visible } from '../base/visible.js';

/** A configuration is written by a person; more than this is another file. */
const MAX_BYTES = 1024 * 1024;
/** Problems shown at once; somebody corrects the first ones first. */
const MAX_PROBLEMS = 50;

interface Issue {
  readonly path: readonly PropertyKey[];
  readonly message: string;
  readonly code?: string | undefined;
  readonly keys?: readonly string[];
  /** Why a key of a record is not accepted. */
  readonly issues?: readonly { readonly message: string }[];
  /** What is wrong with a value by each of the forms that it may have. */
  readonly errors?: readonly (readonly Issue[])[];
}

/** What a room's schema offers: it accepts a value or says everything that is wrong with it. */
export interface Schema<T> {
  safeParse(
    value: unknown,
  ): { success: true; data: T } | { success: false; error: { issues: readonly Issue[] } };
}

/**
 * Reads a YAML file that nobody but root and us can have written and that has to satisfy a schema.
 *
 * @throws ConfigurationError with every problem, each as `PATH:LINE:COLUMN: KEY: what is wrong`.
 */
export async function readYamlFile<T>(file: TrustedPath, schema: Schema<T>): Promise<T> {
  return parseYaml(readText(file), file.path, schema);
}

/** Reads a text as `readYamlFile` reads a file; `path` is for the messages. */
export function parseYaml<T>(text: string, path: string, schema: Schema<T>): T {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const at = (offset: number) => {
    const { line, col } = lines.linePos(offset);
    return `${path}:${line}:${col}`;
  };
  if (document.errors.length > 0) {
    const errors = document.errors.map(({ pos, message }) => `${at(pos[0])}: ${visible(message)}`);
    fail(path, errors);
  }
  const result = schema.safeParse(valueOf(document, path));
  if (result.success) return result.data;
  const problems = result.error.issues
    .flatMap(splitForms)
    .flatMap(splitKeys)
    .map((issue) => {
      const key = issue.path.length === 0 ? '' : `${keyText(issue.path)}: `;
      return { offset: offsetOf(document, issue.path), text: `${key}${messageFor(issue)}` };
    });
  problems.sort((one, other) => one.offset - other.offset);
  const sentences = problems.map((problem) => `${at(problem.offset)}: ${problem.text}`);
  return fail(path, sentences);
}

function readText(file: TrustedPath): string {
  const { path } = file;
  try {
    const { bytes } = readTrustedFile(file, MAX_BYTES + 1);
    if (bytes.length > MAX_BYTES) {
      throw new ConfigurationError(`${path}: is larger than ${MAX_BYTES} bytes`);
    }
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    if (error instanceof ConfigurationError) throw error;
    const hint = 'make the defaults: triad init';
    if (systemCode(error) === 'ENOENT') {
      throw new ConfigurationError(`${path}: is missing`, { hint });
    }
    throw new ConfigurationError(`${path}: cannot be read: ${messageOf(error)}`, { cause: error });
  }
}

/** Anchors may be used, but not to blow a small file up. */
function valueOf(document: Document, path: string): unknown {
  try {
    return document.toJS({ maxAliasCount: 100 }) as unknown;
  } catch (error) {
    throw new ConfigurationError(`${path}: ${visible(messageOf(error))}`, { cause: error });
  }
}

function fail(path: string, problems: readonly string[]): never {
  const shown = problems.slice(0, MAX_PROBLEMS);
  if (problems.length > MAX_PROBLEMS) {
    shown.push(`${path}: and ${problems.length - MAX_PROBLEMS} more`);
  }
  throw new ConfigurationError(shown);
}

/** Takes, for a value that fits none of its forms, what is wrong by the form that was meant. */
function splitForms(issue: Issue): readonly Issue[] {
  if (issue.message !== 'Invalid input') return [issue];
  const meant = issue.errors?.find((form) =>
    form.some(({ path, code }) => path.length > 0 || code === 'unrecognized_keys'),
  );
  if (meant === undefined) return [issue];
  return meant.map((each) => ({ ...each, path: [...issue.path, ...each.path] }));
}

/** One issue per unknown key, each at its own file. */
function splitKeys(issue: Issue): Issue[] {
  if (issue.code !== 'unrecognized_keys' || issue.keys === undefined) return [issue];
  return issue.keys.map((key) => ({ path: [...issue.path, key], message: 'is not a known key' }));
}

function messageFor(issue: Issue): string {
  const [inKey] = issue.code === 'invalid_key' ? (issue.issues ?? []) : [];
  if (inKey !== undefined) return visible(inKey.message);
  for (const [form, write] of SENTENCES) {
    const match = form.exec(issue.message);
    if (match !== null) return visible(write(match[1] ?? '', match[2] ?? ''));
  }
  return visible(issue.message);
}

/** What the schema library says, as a person says it. */
const SENTENCES: readonly (readonly [RegExp, (first: string, second: string) => string])[] = [
  [/received undefined$/, () => 'is missing'],
  [
    /^Invalid input: expected (\w+), received (\w+)$/,
    (wanted, got) => `must be ${typeText(wanted)}, got ${typeText(got)}`,
  ],
  [/^Invalid input: (.+)$/, (rest) => rest],
  [/^Invalid option: expected one of (.*)$/, (options) => `must be one of ${listed(options)}`],
  [/^Too small: expected (?:string|array) to have >=1 /, () => 'must not be empty'],
  [
    /^Too (?:small|big): expected string to have (.)=(\d+)/,
    (sign, n) => `must have ${least(sign)} ${n} characters`,
  ],
  [
    /^Too (?:small|big): expected array to have (.)=(\d+)/,
    (sign, n) => `must have ${least(sign)} ${n} entries`,
  ],
  [/^Too (?:small|big): expected \w+ to be (.)=(\d+)$/, (sign, n) => `must be ${least(sign)} ${n}`],
];

const TYPES: Readonly<Record<string, string>> = {
  ...{ object: 'a map', record: 'a map', array: 'a list', tuple: 'a list', string: 'a text' },
  ...{ number: 'a number', int: 'a whole number', boolean: 'true or false', null: 'nothing' },
};

function typeText(name: string): string {
  return TYPES[name] ?? name;
}

function listed(options: string): string {
  return options.replaceAll('"', '').replaceAll('|', ', ');
}

function least(sign: string): string {
  return sign === '>' ? 'at least' : 'at most';
}

function keyText(path: readonly PropertyKey[]): string {
  return path
    .map((part) => (typeof part === 'number' ? `[${part}]` : `.${visible(String(part))}`))
    .join('')
    .replace(/^\./, '');
}

/** Where a key stands; for one that is missing, where its parent stands. */
function offsetOf(document: Document, path: readonly PropertyKey[]): number {
  for (let length = path.length; length > 0; length -= 1) {
    const parent: unknown = document.getIn(path.slice(0, length - 1), true);
    const last = path[length - 1];
    if (isMap(parent)) {
      const pair = parent.items.find(({ key }) => isScalar(key) && key.value === last);
      if (isNode(pair?.key) && pair.key.range) return pair.key.range[0];
    }
    const node: unknown = document.getIn(path.slice(0, length), true);
    if (isNode(node) && node.range) return node.range[0];
  }
  return document.contents?.range?.[0] ?? 0;
}
