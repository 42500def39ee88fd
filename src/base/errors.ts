/**
 * Every error Triad throws on purpose.
 *
 * `message` is for the log and may carry paths and values; `userMessage` is for the person and
 * carries neither paths of the host nor names of others (docs/house-style.md §5).
 */
export abstract class TriadError extends Error {
  /** Kebab-case and stable: operators and tests match on it. */
  abstract readonly code: string;
  /** What the person is told over SSH; absent means "internal error" and a reference id. */
  readonly userMessage: string | undefined;
  /** What the person at the command line can do next. */
  readonly hint: string | undefined;

  constructor(message: string, options: ErrorTexts = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.userMessage = options.userMessage;
    this.hint = options.hint;
  }
}

export interface ErrorTexts {
  readonly userMessage?: string | undefined;
  readonly hint?: string | undefined;
  readonly cause?: unknown;
}

/** A bug in Triad: it closes one attachment or one command, never the process. */
export class InvariantError extends TriadError {
  override name = 'InvariantError';
  readonly code = 'invariant';
}

/** An error whose message the person may read as it is. */
abstract class ToldError extends TriadError {
  constructor(message: string, options: ErrorTexts = {}) {
    super(message, { userMessage: message, ...options });
  }
}

/** A command was called wrongly: unknown verb, option, pane or name. Exit status 64. */
export class UsageError extends ToldError {
  override name = 'UsageError';
  readonly code = 'usage';
}

/** What was asked for is there but cannot be done now. Exit status 1. */
export class RefusedError extends ToldError {
  override name = 'RefusedError';
  readonly code = 'refused';
}

/** The gateway, the host or the session that was asked is not running. Exit status 69. */
export class UnavailableError extends ToldError {
  override name = 'UnavailableError';
  readonly code = 'unavailable';
}

/** Too much was asked for at once: the same may work soon. Exit status 75. */
export class BusyError extends ToldError {
  override name = 'BusyError';
  readonly code = 'busy';
}

/** The caller's role does not allow it. Exit status 77. */
export class NotPermittedError extends ToldError {
  override name = 'NotPermittedError';
  readonly code = 'not-permitted';
}

/** A file, a setting or this machine is not as Triad needs it. Exit status 78. */
export class ConfigurationError extends TriadError {
  override name = 'ConfigurationError';
  readonly code = 'configuration';
  /** One line per problem, each complete in itself: `config/triad.yaml:3:5: …`. */
  readonly problems: readonly string[];

  constructor(problems: string | readonly string[], options: ErrorTexts = {}) {
    const list = typeof problems === 'string' ? [problems] : problems;
    super(list.join('\n'), options);
    this.problems = list;
  }
}

/** A wait came to its deadline. */
export class DeadlineError extends TriadError {
  override name = 'DeadlineError';
  readonly code = 'deadline';
  readonly waitedFor: string;
  readonly limitMs: number;

  constructor(waitedFor: string, limitMs: number) {
    super(`waited ${limitMs} ms for ${waitedFor}`);
    this.waitedFor = waitedFor;
    this.limitMs = limitMs;
  }
}

/** Why a text was not understood, in words for the person who wrote it; whoever asked decides what to do. */
export interface Problem {
  readonly problem: string;
}

/** How Node.js words an error of the system: code, text, and the call with its path. */
const SYSTEM_MESSAGE = /^(E[A-Z0-9]+): ([^,]+), (?:'.*'|\w+(?: '.*')?)$/s;

/** The text of anything that was thrown, without its stack; of a system error only its words. */
export function messageOf(thrown: unknown): string {
  if (!(thrown instanceof Error)) return String(thrown);
  const [, code, text] = SYSTEM_MESSAGE.exec(thrown.message) ?? [];
  if (code === undefined) return thrown.message;
  return `${code === 'EISDIR' ? 'is a directory' : text} (${code})`;
}

/** The `code` of a system error (`ENOENT`, `EADDRINUSE`, …), if it has one. */
export function systemCode(thrown: unknown): string | undefined {
  if (thrown instanceof Error && 'code' in thrown && typeof thrown.code === 'string') {
    return thrown.code;
  }
  return undefined;
}

/** One error as the command line prints it; each of its lines is a problem of its own. */
export function errorText(message: string, hint: string): string {
  const problems = message.split('\n').map((line) => `triad: error: ${line}\n`);
  return problems.join('') + (hint === '' ? '' : `triad: hint: ${hint}\n`);
}
