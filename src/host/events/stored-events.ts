import { readFileSync, statSync } from 'node:fs';
import { messageOf, systemCode } from '../../base/errors.js';
import { type HostEvent, hostEventSchema, MAX_KEPT_EVENTS } from '../../base/host-event.js';
import { readJson } from '../../base/schema.js';

/** Room for some ten thousand events of the usual size in each file, and for all kept ones of any size. */
export const EVENT_FILES = { maxBytes: 4 * 1024 * 1024, maxOldFiles: 15 } as const;
/** A file of ours ends within one line of `maxBytes`; a much larger one is another's. */
const MAX_READ_BYTES = 2 * EVENT_FILES.maxBytes;

/** The events that an earlier run of the host left on the disk. */
export interface StoredEvents {
  /** The newest events, oldest first; their numbers grow. */
  readonly events: readonly HostEvent[];
  /** The number of lines that are no events. */
  readonly badLines: number;
  /** Files that could not be read, each with the reason. */
  readonly problems: readonly string[];
}

/** Reads as many files as it takes to find `MAX_KEPT_EVENTS` events, the newest first; never throws. */
export function readStoredEvents(path: string): StoredEvents {
  const files: HostEvent[][] = [];
  const problems: string[] = [];
  let [found, badLines] = [0, 0];
  for (let age = 0; age <= EVENT_FILES.maxOldFiles && found < MAX_KEPT_EVENTS; age += 1) {
    const file = age === 0 ? path : `${path}.${age}`;
    const text = readText(file, problems);
    if (text === undefined) continue;
    const lines = text.split('\n').filter((line) => line !== '');
    // A line that is torn, or was written by another program, is no event.
    const events = lines.flatMap((line) => readJson(hostEventSchema, line) ?? []);
    badLines += lines.length - events.length;
    found += events.length;
    files.unshift(events);
  }
  return { events: growing(files.flat()).slice(-MAX_KEPT_EVENTS), badLines, problems };
}

function readText(file: string, problems: string[]): string | undefined {
  try {
    const status = statSync(file);
    const isOurs = status.isFile() && status.size <= MAX_READ_BYTES;
    if (isOurs) return readFileSync(file, 'utf8');
    problems.push(`${file}: is no file, or larger than Triad makes it`);
  } catch (error) {
    if (systemCode(error) !== 'ENOENT') problems.push(`${file}: ${messageOf(error)}`);
  }
  return undefined;
}

/**
 * Leaves out events whose number is not larger than one before, as two hosts or an editor may write
 * them.
 */
function growing(events: readonly HostEvent[]): HostEvent[] {
  let last = 0;
  return events.filter(({ number }) => {
    const isNewer = number > last;
    last = Math.max(last, number);
    return isNewer;
  });
}
