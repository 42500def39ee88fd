import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { dirname } from 'node:path';
import { replaceFile } from '../../base/atomic-file.js';
import { ConfigurationError, messageOf, systemCode } from '../../base/errors.js';
import { isName, type PaneName, paneName, type SessionName } from '../../base/ids.js';
import { KeptFile } from '../../base/kept-file.js';
import { findShortage } from '../../base/shortage.js';
import { readTrustedFile } from '../../base/trusted-file.js';

const KEY_BYTES = 32;

/**
 * The secret behind the tokens of a home's panes. It is kept in a file, so that a command that was
 * started by an earlier host still gets through.
 */
export class DoorKey {
  readonly #key: Buffer;
  /**
   * The file of the key, which has to be watched: without it commands that run could not pass the
   * door of the next host.
   */
  readonly file: KeptFile;

  private constructor(path: string, key: Buffer) {
    this.#key = key;
    this.file = new KeptFile({ name: 'key of the pane doors', path, content: key, mode: 0o600 });
  }

  /**
   * Reads the key, or makes one.
   *
   * @throws ConfigurationError when the file is not as Triad makes it, or others may read or have made it.
   */
  static async open(path: string): Promise<DoorKey> {
    try {
      const file = { root: dirname(path), path };
      const { bytes, status } = readTrustedFile(file, KEY_BYTES + 1);
      if (bytes.length === KEY_BYTES && (status.mode & 0o077) === 0) {
        return new DoorKey(path, bytes);
      }
    } catch (error) {
      if (error instanceof ConfigurationError) throw error;
      if (systemCode(error) === 'ENOENT') return DoorKey.#make(path);
      throw new ConfigurationError(`${path}: cannot be read: ${messageOf(error)}`, {
        cause: error,
      });
    }
    throw new ConfigurationError(
      `${path}: must be ${KEY_BYTES} bytes that only its owner may read`,
      {
        hint: 'remove it: a new one is made, and commands that run now get through the pane door after their restart',
      },
    );
  }

  static async #make(path: string): Promise<DoorKey> {
    const key = randomBytes(KEY_BYTES);
    try {
      await replaceFile(path, key, 0o600);
    } catch (error) {
      // The key in memory serves until the next host; the watch of `file` writes it once there is
      // room.
      if (findShortage(error) !== undefined) return new DoorKey(path, key);
      throw new ConfigurationError(`${path}: cannot be written: ${messageOf(error)}`, {
        cause: error,
      });
    }
    return new DoorKey(path, key);
  }

  /** The token of a pane: its name with a code that only this key makes. */
  tokenOf(session: SessionName, pane: PaneName): string {
    return `${pane}:${this.#code(session, pane).toString('hex')}`;
  }

  /** The pane of `session` whose token that is; undefined for every other text. */
  findPane(session: SessionName, token: string): PaneName | undefined {
    const [name = '', code = '', ...rest] = token.split(':');
    if (rest.length > 0 || !isName(name) || !/^[0-9a-f]{64}$/.test(code)) return undefined;
    const pane = paneName(name);
    const isRight = timingSafeEqual(Buffer.from(code, 'hex'), this.#code(session, pane));
    return isRight ? pane : undefined;
  }

  /** No name has a `/`, so no two panes have one text. */
  #code(session: SessionName, pane: PaneName): Buffer {
    return createHmac('sha256', this.#key).update(`${session}/${pane}`).digest();
  }
}
