import { AppendFile } from '../../base/append-file.js';
import { WrittenPart } from '../../base/part.js';

/** A year of a busy team; a record is about 250 bytes. */
const MAX_FILE_BYTES = 64 * 1024 * 1024;
const MAX_OLD_FILES = 16;
/** Endings that wait for room on the disk: all that can be open at once, and some more. */
const MAX_WAITING = 4096;

export interface AuditFileOptions {
  readonly path: string;
  /** The record that tells how many others were left out, since too many waited. */
  readonly leftOut: (count: number) => string;
  /** The record that tells that something could not be put on record before it, and so was not done. */
  readonly resumed: () => string;
}

/** The file of the audit log, in the order in which things happened, also while the disk takes nothing. */
export class AuditFile {
  /** The file is to be watched: nobody gets in while it is behind. */
  readonly part = new WrittenPart('audit (audit.jsonl)', () => this.#writeLeft());
  readonly #options: AuditFileOptions;
  readonly #file: AppendFile;
  #waiting: string[] = [];
  #leftOut = 0;
  #hasRefused = false;
  /** Something waits; the watch of the part writes it as soon as that is possible. */
  #isWaiting = false;

  /** @throws the system's error when the file cannot be written. */
  constructor(options: AuditFileOptions) {
    this.#options = options;
    const limits = { maxBytes: MAX_FILE_BYTES, maxOldFiles: MAX_OLD_FILES };
    this.#file = new AppendFile({ path: options.path, ...limits });
  }

  /** @throws the system's error, and then the line is not on record. */
  append(line: string): void {
    try {
      this.#writeLeft();
      this.#file.append(line);
    } catch (error) {
      this.#hasRefused = true;
      this.part.note(false);
      throw error;
    }
  }

  /**
   * Appends a record of what has happened already. One that cannot be written waits until it can;
   * when too many wait, the newest are left out.
   *
   * @returns what went wrong, when it did so for the first time.
   */
  appendOrWait(line: string): unknown {
    let problem: unknown;
    if (!this.#isWaiting) {
      try {
        this.#writeLeft();
        this.#file.append(line);
        return undefined;
      } catch (error) {
        problem = error;
        this.part.note(false);
      }
    }
    if (this.#waiting.length < MAX_WAITING) this.#waiting.push(line);
    else this.#leftOut += 1;
    this.#isWaiting = true;
    return problem;
  }

  /** Tries once more to write what waits. Idempotent. */
  close(): void {
    try {
      this.#writeLeft();
    } catch {
      // The log has told of each.
    }
    this.#file.close();
  }

  #writeLeft(): void {
    for (;;) {
      const [line] = this.#waiting;
      if (line === undefined) break;
      this.#file.append(line);
      this.#waiting.shift();
    }
    if (this.#leftOut > 0) this.#file.append(this.#options.leftOut(this.#leftOut));
    this.#leftOut = 0;
    if (this.#hasRefused) this.#file.append(this.#options.resumed());
    this.#hasRefused = false;
    this.#isWaiting = false;
    this.part.note(true);
  }
}
