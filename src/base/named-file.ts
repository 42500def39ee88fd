import { closeSync, fstatSync, lstatSync, type Stats } from 'node:fs';

/**
 * A file that is kept open, and opened again where its name means another one: somebody may move, remove or
 * replace it at any time.
 */
export class NamedFile {
  readonly #path: string;
  readonly #open: () => number;
  /** The descriptor of the file; undefined until it was opened for the first time. */
  #fd: number | undefined;

  /** @param open gives a descriptor of what the name means, which is made where nothing is there. */
  constructor(path: string, open: () => number) {
    this.#path = path;
    this.#open = open;
  }

  /** The descriptor of what the name means now. @throws what `open` does, and the system's error. */
  follow(): number {
    if (this.#fd !== undefined) {
      const named = lstatSync(this.#path, { throwIfNoEntry: false });
      if (isSameFile(named, fstatSync(this.#fd))) return this.#fd;
    }
    return this.reopen();
  }

  /**
   * Opens what the name means now, which is known to be another file; the old one stays open where
   * that fails.
   */
  reopen(): number {
    const fd = this.#open();
    this.close();
    this.#fd = fd;
    return fd;
  }

  /** Idempotent. */
  close(): void {
    if (this.#fd !== undefined) closeSync(this.#fd);
    this.#fd = undefined;
  }
}

export type FileIdentity = Pick<Stats, 'dev' | 'ino'>;

/** Whether both are one file, whatever its names are; nothing is no file. */
export function isSameFile(
  one: FileIdentity | undefined,
  other: FileIdentity | undefined,
): boolean {
  return one !== undefined && one.dev === other?.dev && one.ino === other.ino;
}
