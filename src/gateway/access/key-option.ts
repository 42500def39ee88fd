import type { Problem } from '../../base/errors.js';
import { visible } from '../../base/visible.js';

/** One option of a line in OpenSSH's authorized_keys format. */
export interface KeyOption {
  /** The name in lower case. */
  readonly name: string;
  /** The value without its quotes; null for an option that is a word alone. */
  readonly value: string | null;
  /** The option as it is written in the file. */
  readonly text: string;
}

/** A backslash stands for itself except before a quote (OpenSSH, `opt_dequote`). */
const OPTION = /([a-z0-9@.-]+)(?:="((?:\\"|[^"\\]|\\(?!"))*)")?/iy;

/**
 * How many characters at the start of a line are options: up to the first space or tab outside
 * quotes, or all of it (OpenSSH, `sshkey_advance_past_options`).
 */
export function optionsLength(line: string): number {
  let isQuoted = false;
  for (let at = 0; at < line.length; at++) {
    const character = line[at];
    if (character === '\\' && line[at + 1] === '"') at++;
    else if (character === '"') isQuoted = !isQuoted;
    else if (!isQuoted && (character === ' ' || character === '\t')) return at;
  }
  return line.length;
}

/** Splits `name,name="value",…`; names may come in any case, values only in quotes. */
export function parseOptions(field: string): readonly KeyOption[] | Problem {
  const options: KeyOption[] = [];
  let at = 0;
  for (;;) {
    OPTION.lastIndex = at;
    const match = OPTION.exec(field);
    if (match === null) return { problem: `expected an option at ${quoted(field.slice(at))}` };
    const [text, name = '', value] = match;
    at += text.length;
    options.push({
      name: name.toLowerCase(),
      value: value?.replaceAll('\\"', '"') ?? null,
      text,
    });
    if (at === field.length) return options;
    if (field[at] === '=') return { problem: `the value of ${name} must stand in double quotes` };
    if (field[at] !== ',') {
      return { problem: `expected a comma between options at ${quoted(field.slice(at))}` };
    }
    at++;
  }
}

/** An option as it is written in the file; `value` must not end in a backslash. */
function formatOption(name: string, value: string): KeyOption {
  return { name, value, text: `${name}="${value.replaceAll('"', '\\"')}"` };
}

/** Replaces an option where it stands, adds it at the end, or with null takes it out. */
export function withOption(
  options: readonly KeyOption[],
  name: string,
  value: string | null,
): readonly KeyOption[] {
  if (value === null) return options.filter((option) => option.name !== name);
  const written = formatOption(name, value);
  if (!options.some((option) => option.name === name)) return [...options, written];
  return options.map((option) => (option.name === name ? written : option));
}

function quoted(text: string): string {
  return `"${visible(text, 32)}"`;
}
