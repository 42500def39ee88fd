import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Disposal } from '../../../../src/base/disposal.js';
import { GrantStore } from '../../../../src/gateway/access/grant-store.js';
import { openLogger } from '../../../../src/log/logger.js';

export const NOW = Date.UTC(2030, 0, 1);

/** A file of grants in a folder of its own, stores on it, and what they logged. */
export class StoreFixture implements AsyncDisposable {
  readonly folder: string;
  readonly path: string;
  readonly logLines: string[] = [];
  readonly #disposal = new Disposal();

  static async create(): Promise<StoreFixture> {
    return new StoreFixture(await mkdtemp(join(tmpdir(), 'triad-grants-')));
  }

  private constructor(folder: string) {
    this.folder = folder;
    this.path = join(folder, 'authorized_keys');
    this.#disposal.defer(() => rm(folder, { recursive: true }));
  }

  async open(now: () => number = () => NOW): Promise<GrantStore> {
    const destination = { write: (line: string) => void this.logLines.push(line) };
    const log = openLogger({ level: 'debug', destination });
    const store = await GrantStore.open({ root: this.folder, path: this.path, log, now });
    this.#disposal.defer(() => store.close());
    return store;
  }

  /** The logged lines with a message, as objects. */
  logged(message: string): Record<string, unknown>[] {
    return this.logLines
      .map((line) => JSON.parse(line) as Record<string, unknown>)
      .filter((line) => line['msg'] === message);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#disposal.close();
  }
}
