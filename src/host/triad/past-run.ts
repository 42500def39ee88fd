import { visible } from '../../base/visible.js';
import type { Logger } from '../../log/logger.js';
import type { PastOutput } from '../tap/pane-output.js';
import { readShown, type ShownLines } from '../tmux/shown-lines.js';
import type { TmuxServer } from '../tmux/tmux-server.js';
import type { FoundPane } from './session-builder.js';

/** What a keeper prints when a command has ended (`keeper.cc`). */
const endOf = (name: string) => `[triad: ${name} `;
const ENDED = ['exited', 'failed', 'stopped', 'backoff'];

/**
 * What the last run of a pane's command has printed, of what the pane shows. Of a question only what
 * was told of it before is known to be the program's: behind that may be what somebody typed.
 */
export function ofLastRun({ lines, isOpen }: ShownLines, found: FoundPane): PastOutput {
  const ends = lines.flatMap((line, at) => (line.startsWith(endOf(found.name)) ? [at] : []));
  const hasEnded = found.memory !== undefined && ENDED.includes(found.memory.state);
  const [before = -1, end = lines.length] = hasEnded
    ? [ends.at(-2), ends.at(-1)]
    : [ends.at(-1), undefined];
  const own = lines.slice(before + 1, end);
  const asked = found.memory?.question ?? '';
  const printed = visible((own.at(-1) ?? '').trim()).startsWith(asked) ? asked : '';
  return { lines: own, isOpen: isOpen && end === lines.length, printed };
}

/** The same of a pane that was found; undefined, and logged, where tmux does not say. */
export async function readPast(
  { server, log }: { readonly server: TmuxServer; readonly log: Logger },
  sessionId: string,
  found: FoundPane,
): Promise<PastOutput | undefined> {
  try {
    return ofLastRun(await readShown(server, { sessionId, id: found.id }), found);
  } catch (error) {
    log.warn({ error, pane: found.name }, 'what a pane shows is not known');
    return undefined;
  }
}
