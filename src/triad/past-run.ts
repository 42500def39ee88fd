import type { PastOutput } from '../tap/pane-output.js';
import type { FoundPane } from './session-builder.js';

/** What a keeper prints when a command has ended (`keeper.cc`). */
const endOf = (name: string) => `[triad: ${name} `;
const ENDED = ['exited', 'failed', 'stopped', 'backoff'];

/** What the last run of a pane's command has printed, of what the pane shows. */
export function ofLastRun({ lines, isOpen }: PastOutput, found: FoundPane): PastOutput {
  const ends = lines.flatMap((line, at) => (line.startsWith(endOf(found.name)) ? [at] : []));
  const hasEnded = found.memory !== undefined && ENDED.includes(found.memory.state);
  const [before = -1, end = lines.length] = hasEnded
    ? [ends.at(-2), ends.at(-1)]
    : [ends.at(-1), undefined];
  return { lines: lines.slice(before + 1, end), isOpen: isOpen && end === lines.length };
}
