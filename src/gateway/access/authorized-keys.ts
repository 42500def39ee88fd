import type { Problem } from '../../base/errors.js';
import { engineerName, isName, NAME_RULE } from '../../base/ids.js';
import { visible } from '../../base/visible.js';
import type { Grant } from './grant.js';
import { readTerms } from './grant-terms.js';
import { type KeyOption, optionsLength, parseOptions } from './key-option.js';
import {
  foreignFormProblem,
  looksLikeKeyType,
  type PublicKey,
  parsePublicKey,
} from './public-key.js';

/** A larger file is refused as a whole: what is in it was hardly written by people. */
export const MAX_FILE_BYTES = 1024 * 1024;
const MAX_LINES = 10_000;
/** A longer line is bad; the largest key and a full `from=` are far shorter. */
const MAX_LINE_BYTES = 16 * 1024;

/**
 * A file in OpenSSH's authorized_keys format, line by line. Joining `text` and `end` of all lines
 * gives the file again, byte for byte: texts are kept as Latin-1, one character per byte.
 */
export interface AuthorizedKeys {
  readonly lines: readonly FileLine[];
  /** What the good lines grant, in their order. */
  readonly grants: readonly Grant[];
  readonly problems: readonly LineProblem[];
}

interface LineText {
  readonly text: string;
  /** Line feed, with or without carriage return; empty at the end of a file without one. */
  readonly end: '\n' | '\r\n' | '';
}

export interface GrantLine extends LineText {
  readonly kind: 'grant';
  readonly grant: Grant;
  readonly options: readonly KeyOption[];
  /** The text from the key's type on. */
  readonly keyText: string;
}

interface BadLine extends LineText {
  readonly kind: 'bad';
  readonly problem: string;
  /** The key of a line that is bad only because the key is another engineer's. */
  readonly claimedKey: PublicKey | null;
}

/** A comment or a blank line. */
interface NoteLine extends LineText {
  readonly kind: 'note';
}

export type FileLine = GrantLine | BadLine | NoteLine;

/** A line that grants nothing, and why; never with the key itself. */
export interface LineProblem {
  /** Counted from 1. */
  readonly line: number;
  readonly reason: string;
}

/** Reads a whole file. Each bad line is reported and costs only itself. */
export function parseAuthorizedKeys(bytes: Uint8Array): AuthorizedKeys | Problem {
  if (bytes.length > MAX_FILE_BYTES) return { problem: `it has more than ${MAX_FILE_BYTES} bytes` };
  const texts = splitLines(Buffer.from(bytes).toString('latin1'));
  if (texts.length > MAX_LINES) return { problem: `it has more than ${MAX_LINES} lines` };
  const lines: FileLine[] = [];
  const grants: Grant[] = [];
  const problems: LineProblem[] = [];
  const owners = new Map<string, Grant>();
  for (const [index, lineText] of texts.entries()) {
    const line = refuseSharedKey(parseLine(lineText, index + 1), owners);
    lines.push(line);
    if (line.kind === 'grant') grants.push(line.grant);
    if (line.kind === 'bad') problems.push({ line: index + 1, reason: line.problem });
  }
  return { lines, grants, problems };
}

export function formatAuthorizedKeys(lines: readonly LineText[]): Buffer {
  return Buffer.from(lines.map(({ text, end }) => text + end).join(''), 'latin1');
}

function splitLines(content: string): LineText[] {
  const texts = content.split('\n');
  const last = texts.pop() ?? '';
  const lines = texts.map(
    (text): LineText =>
      text.endsWith('\r') ? { text: text.slice(0, -1), end: '\r\n' } : { text, end: '\n' },
  );
  return last === '' ? lines : [...lines, { text: last, end: '' }];
}

/** A key says who somebody is, so that it can belong to one engineer only: the first to have it. */
function refuseSharedKey(line: FileLine, owners: Map<string, Grant>): FileLine {
  if (line.kind !== 'grant') return line;
  const { key, engineer } = line.grant;
  const owner = owners.get(key.fingerprint);
  if (owner === undefined) owners.set(key.fingerprint, line.grant);
  if (owner === undefined || owner.engineer === engineer) return line;
  return bad(line, `the key is ${owner.engineer}'s already, in line ${owner.line}`, key);
}

function parseLine(lineText: LineText, line: number): FileLine {
  const { text, end } = lineText;
  const start = text.search(/[^ \t]/);
  if (start === -1 || text[start] === '#') return { kind: 'note', text, end };
  if (text.length > MAX_LINE_BYTES) {
    return bad(lineText, `the line is longer than ${MAX_LINE_BYTES} bytes`);
  }
  const foreign = foreignFormProblem(text.slice(start));
  if (foreign !== undefined) return bad(lineText, foreign);
  const split = splitOptions(text.slice(start));
  if ('problem' in split) return bad(lineText, split.problem);
  const { options, keyText } = split;
  const terms = readTerms(options);
  if ('problem' in terms) return bad(lineText, terms.problem);
  const owned = parseOwnedKey(keyText);
  if ('problem' in owned) return bad(lineText, owned.problem);
  return { kind: 'grant', text, end, options, keyText, grant: { ...terms, ...owned, line } };
}

function bad(
  { text, end }: LineText,
  problem: string,
  claimedKey: PublicKey | null = null,
): BadLine {
  return { kind: 'bad', text, end, problem, claimedKey };
}

function splitOptions(text: string): Pick<GrantLine, 'options' | 'keyText'> | Problem {
  if (looksLikeKeyType(text)) return { options: [], keyText: text };
  const length = optionsLength(text);
  const keyText = text.slice(length).replace(/^[ \t]+/, '');
  const options = parseOptions(text.slice(0, length));
  return 'problem' in options ? options : { options, keyText };
}

/** The key and the name after it. */
function parseOwnedKey(keyText: string): Pick<Grant, 'key' | 'engineer'> | Problem {
  const match = /^([^ \t]+)[ \t]+([^ \t]+)[ \t]*(.*)$/s.exec(keyText);
  if (match === null) return { problem: 'a line must have a key type, a key and a name' };
  const [, type = '', base64 = '', comment = ''] = match;
  const key = parsePublicKey(type, base64);
  if ('problem' in key) return key;
  const name = comment.replace(/[ \t]+$/, '');
  if (isName(name)) return { key, engineer: engineerName(name) };
  const got = visible(Buffer.from(name, 'latin1').toString('utf8'), 64);
  return { problem: `the engineer's name after the key must be ${NAME_RULE}, got "${got}"` };
}
