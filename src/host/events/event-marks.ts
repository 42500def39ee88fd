import { constants, ftruncateSync, openSync, readFileSync, writeSync } from 'node:fs';
import { messageOf, systemCode } from '../../base/errors.js';
import { NamedFile } from '../../base/named-file.js';
import type { RunOnRecord } from './pane-history.js';
import { marksSchema } from './schema.js';

/** What must be known of the events even where somebody took their file away. */
export interface EventMarks {
  /** The number of the newest event, and of the newest that is on the disk. */
  readonly last: number;
  readonly saved: number;
  /** The newest run of each pane. */
  readonly runs: readonly (readonly [string, RunOnRecord])[];
}

const NONE: EventMarks = { last: 0, saved: 0, runs: [] };
const { O_CREAT, O_NOFOLLOW, O_NONBLOCK, O_WRONLY } = constants;

/** Reads the marks. @returns none, and what went wrong, where they cannot be read. */
export function readMarks(path: string): { readonly marks: EventMarks; readonly problem?: string } {
  try {
    const [line = ''] = readFileSync(path, 'utf8').split('\n');
    return { marks: marksSchema.parse(JSON.parse(line)) };
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return { marks: NONE };
    return { marks: NONE, problem: `${path}: ${messageOf(error)}` };
  }
}

/**
 * The file of the marks, which are written over the old ones, so that a full disk takes them, too.
 */
export class MarksFile {
  /** The file is kept open: a process without descriptors must not give a number twice. */
  readonly #file: NamedFile;

  constructor(path: string) {
    const flags = O_WRONLY | O_CREAT | O_NOFOLLOW | O_NONBLOCK;
    this.#file = new NamedFile(path, () => openSync(path, flags, 0o600));
  }

  /** @throws the system's error. */
  write(marks: EventMarks): void {
    const bytes = Buffer.from(`${JSON.stringify(marks)}\n`);
    const fd = this.#file.follow();
    // The rest of a longer line stands behind the first one until it is cut off, and is not read.
    writeSync(fd, bytes, 0, bytes.length, 0);
    ftruncateSync(fd, bytes.length);
  }

  /** Idempotent. */
  close(): void {
    this.#file.close();
  }
}
