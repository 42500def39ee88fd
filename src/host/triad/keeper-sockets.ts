import { chmodSync, lstatSync, rmSync, type Stats } from 'node:fs';
import type { PaneName } from '../../base/ids.js';
import { type FileIdentity, isSameFile } from '../../base/named-file.js';
import type { PaneRow } from './pane-row.js';
import { askToListen } from './process-facts.js';

export interface KeeperSocketsOptions {
  /** The path at which the keeper of a pane listens. */
  readonly pathOf: (name: PaneName) => string;
  /** Called with what was wrong with a socket, and whether that is mended. */
  readonly onFault: (name: PaneName, fault: string, isMended: boolean) => void;
}

interface KnownSocket {
  readonly keeperPid: number;
  readonly file: FileIdentity;
}

/** Checks the sockets of keepers, by which the next manager finds them, and has a faulty one made again. */
export class KeeperSockets {
  readonly #options: KeeperSocketsOptions;
  readonly #known = new Map<PaneName, KnownSocket>();
  /** The panes whose keepers were asked to make their sockets again, each with the reason. */
  readonly #asked = new Map<PaneName, string>();

  constructor(options: KeeperSocketsOptions) {
    this.#options = options;
  }

  check({ name, keeperPid, isDead }: PaneRow): void {
    if (name === undefined || isDead) return;
    const { pathOf, onFault } = this.#options;
    const path = pathOf(name);
    const file = lstatSync(path, { throwIfNoEntry: false });
    const asked = this.#asked.get(name);
    const fault =
      asked === undefined ? this.#faultOf({ name, keeperPid }, file) : fileFaultOf(file);
    if (file !== undefined && fault === undefined) {
      this.#known.set(name, { keeperPid, file });
      this.#asked.delete(name);
      if (asked !== undefined) onFault(name, asked, true);
      this.#close(name, path, file);
      return;
    }
    // What took the path of the socket is removed first, since the keeper only removes sockets; a folder stays.
    attempt(() => rmSync(path, { force: true }));
    const why = asked ?? fault ?? '';
    if (!askToListen(keeperPid) || asked !== undefined) onFault(name, why, false);
    this.#asked.set(name, why);
  }

  /** Compares the file with the one known before: another process may listen at that path. */
  #faultOf({ name, keeperPid }: { name: PaneName; keeperPid: number }, file: Stats | undefined) {
    const known = this.#known.get(name);
    const isOther = known?.keeperPid === keeperPid && !isSameFile(known.file, file);
    return fileFaultOf(file) ?? (isOther ? 'was replaced by something else' : undefined);
  }

  #close(name: PaneName, path: string, { mode }: Stats): void {
    if ((mode & 0o777) === 0o600) return;
    const isMended = attempt(() => chmodSync(path, 0o600));
    this.#options.onFault(name, 'has other permissions', isMended);
  }
}

function fileFaultOf(file: Stats | undefined): string | undefined {
  if (file === undefined) return 'was removed';
  if (!file.isSocket()) return 'was replaced by something else';
  return file.uid === process.getuid?.() ? undefined : 'belongs to another user';
}

function attempt(work: () => void): boolean {
  try {
    work();
    return true;
  } catch {
    return false;
  }
}
