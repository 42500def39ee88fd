import type { SessionName } from '../base/ids.js';
import type { HostLink } from '../link/host-link.js';
import { LinkLostError } from '../link/link-lost.js';

/** The sessions that the host has, as it told them last. */
export class SessionNames {
  #names: readonly SessionName[] | undefined;

  constructor(names?: readonly SessionName[]) {
    this.#names = names;
  }

  /** Asks the host. */
  async learn(host: HostLink): Promise<void> {
    this.#names = (await host.describe()).map(({ name }) => name);
  }

  /** They are others now. */
  set(names: readonly SessionName[]): void {
    this.#names = names;
  }

  /** @throws LinkLostError when no host was ever reached. */
  get(): readonly SessionName[] {
    if (this.#names === undefined) throw new LinkLostError();
    return this.#names;
  }

  /** None when no host was ever reached. */
  find(): readonly SessionName[] {
    return this.#names ?? [];
  }
}
