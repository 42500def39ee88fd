import { TriadError } from './errors.js';

/**
 * Exit statuses of the `triad` program, of verbs over SSH and of attachments
 * (sysexits(3); docs/commands.md has the table for people).
 */
export const EXIT = {
  ok: 0,
  failure: 1,
  usage: 64,
  unavailable: 69,
  internal: 70,
  tryAgain: 75,
  notPermitted: 77,
  configuration: 78,
  /** Somebody pressed Ctrl-C: 128 and SIGINT, as shells say it. */
  interrupted: 130,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** The exit status for each class of deliberate error, by its `code`. */
const EXIT_BY_CODE: Readonly<Record<string, ExitCode>> = {
  usage: EXIT.usage,
  refused: EXIT.failure,
  unavailable: EXIT.unavailable,
  busy: EXIT.tryAgain,
  'not-permitted': EXIT.notPermitted,
  configuration: EXIT.configuration,
  deadline: EXIT.failure,
  invariant: EXIT.internal,
};

/** The exit status for anything that was thrown; what is not deliberate is an internal error. */
export function exitCodeOf(thrown: unknown): ExitCode {
  if (!(thrown instanceof TriadError)) return EXIT.internal;
  return EXIT_BY_CODE[thrown.code] ?? EXIT.failure;
}
