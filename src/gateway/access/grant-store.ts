import { removeStagedLeftovers, type StagedFile, stageFile } from '../../base/atomic-file.js';
import { ConfigurationError, messageOf, RefusedError, TriadError } from '../../base/errors.js';
import type { EngineerName } from '../../base/ids.js';
import { findTrusted, type TrustedPath, trustVersion } from '../../base/trusted-file.js';
import { oneByOne } from '../../base/turns.js';
import type { Logger } from '../../log/logger.js';
import { type AuthorizedKeys, formatAuthorizedKeys, type LineProblem } from './authorized-keys.js';
import { type AccessQuery, type Decision, decide } from './decide.js';
import { type Grant, type GrantDelta, hasExpired } from './grant.js';
import {
  applyGrant,
  applyRevoke,
  type GrantChange,
  type GrantEdit,
  type RevokeChange,
} from './grant-edit.js';
import { type ReadableGrantFile, readGrantFile, type UnreadableGrantFile } from './grant-file.js';
import { withGrantLock } from './grant-lock.js';
import type { PublicKey } from './public-key.js';

/**
 * A change counts once two polls in a row saw the same file, so that an editor that empties it
 * before it writes revokes nobody; both polls fit well into the second a change may take.
 */
const POLL_MS = 200;

/** Edits that wait for their turn within this process; more are refused. */
const MAX_WAITING_EDITS = 64;

/** People and their editors write between our read and our write rarely, and never for long. */
const MAX_EDIT_ATTEMPTS = 5;

/** A file of another kind, given by mistake, has thousands of bad lines. */
const MAX_LOGGED_PROBLEMS = 20;

/** The location is that of the file in authorized_keys format; it need not be there. */
export interface GrantStoreOptions extends TrustedPath {
  readonly log: Logger;
  /** The clock, epoch ms. */
  readonly now: () => number;
}

/** Puts a change on record right before it is made; what it throws refuses the change. */
export type RecordChange = (deltas: readonly GrantDelta[]) => void;

/** What the file says, or said when it could last be read. */
export interface GrantState {
  readonly grants: readonly Grant[];
  readonly problems: readonly LineProblem[];
  /** Why the file cannot be read now, so that this is older than the file; null when it is not. */
  readonly staleReason: string | null;
}

/** Whose key it is, whether or not a grant of theirs is in force. */
export interface KnownKey {
  readonly engineer: EngineerName;
  readonly key: PublicKey;
}

/**
 * Owns `keys/authorized_keys`: reads it, follows its changes and edits it. A file that cannot be
 * read leaves the last good state in force; a file that is gone leaves nobody any right.
 */
export class GrantStore implements AsyncDisposable {
  readonly #options: GrantStoreOptions;
  readonly #listeners = new Set<(state: GrantState) => void>();
  #state: GrantState;
  #keys: ReadonlyMap<string, KnownKey>;
  #readVersion: string;
  #seenVersion: string;
  readonly #timer: NodeJS.Timeout;
  #isPolling = false;
  /** How many grants had expired when it was checked last. */
  #expiredCount: number;
  #isClosed = false;
  /** Reads and edits come one after the other. */
  readonly #turns = oneByOne();
  #waitingEdits = 0;

  /**
   * Reads the file for the first time; the caller closes the store.
   *
   * @throws ConfigurationError when the file is there but cannot be used.
   */
  static async open(options: GrantStoreOptions): Promise<GrantStore> {
    const read = readGrantFile(options);
    if ('problem' in read) throw new ConfigurationError(read.problem, { hint: read.hint });
    return new GrantStore(options, read);
  }

  private constructor(options: GrantStoreOptions, read: ReadableGrantFile) {
    this.#options = options;
    this.#state = stateOf(read.file);
    this.#keys = keysOf(read.file);
    this.#readVersion = read.version;
    this.#seenVersion = read.version;
    this.#expiredCount = this.#countExpired();
    this.#timer = setInterval(() => this.#check(), POLL_MS);
    this.#logRead();
  }

  get current(): GrantState {
    return this.#state;
  }

  decide(query: AccessQuery): Decision {
    return decide(this.#state.grants, query);
  }

  findKey(blob: Uint8Array): KnownKey | undefined {
    return this.#keys.get(idOf(blob));
  }

  /**
   * Calls `listener` whenever `decide` may answer differently from before: after each change of `current`,
   * and when a grant has expired. Until the returned function is called.
   */
  onChange(listener: (state: GrantState) => void): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  /**
   * Writes a grant as `applyGrant` does. When it resolves, the file is on the disk and `current`
   * shows it.
   *
   * @param record is called at most once, when nothing but the disk stands in the way of the change.
   * @returns what became different, nothing where all was so already.
   * @throws RefusedError, UsageError; ConfigurationError when the file cannot be read now.
   */
  grant(
    change: GrantChange,
    record: RecordChange = () => undefined,
  ): Promise<readonly GrantDelta[]> {
    return this.#edit((file) => applyGrant(file, change, this.#options.now()), record);
  }

  /** Takes grants away as `applyRevoke` does; otherwise like `grant`. */
  revoke(
    change: RevokeChange,
    record: RecordChange = () => undefined,
  ): Promise<readonly GrantDelta[]> {
    return this.#edit((file) => applyRevoke(file, change, this.#options.now()), record);
  }

  /** Stops following the file, after the edits that were asked for. Idempotent. */
  async close(): Promise<void> {
    this.#isClosed = true;
    clearInterval(this.#timer);
    this.#listeners.clear();
    await this.#turns.take(() => undefined);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #edit(
    apply: (file: AuthorizedKeys) => GrantEdit,
    record: RecordChange,
  ): Promise<readonly GrantDelta[]> {
    if (this.#isClosed || this.#waitingEdits >= MAX_WAITING_EDITS) {
      throw new RefusedError('the grants cannot be changed now', { hint: 'try again' });
    }
    this.#waitingEdits++;
    try {
      return await this.#turns.take(async () => {
        const deltas = await editFile(this.#options, apply, record);
        this.#read();
        return deltas;
      });
    } finally {
      this.#waitingEdits--;
    }
  }

  /** A grant expires by the wall clock, which may jump either way, and whatever an edit waits for. */
  #check(): void {
    if (this.#countExpired() !== this.#expiredCount) this.#announce();
    if (this.#isPolling) return;
    this.#isPolling = true;
    const poll = this.#turns.take(() => this.#poll());
    void poll.finally(() => {
      this.#isPolling = false;
    });
  }

  #countExpired(): number {
    const { now } = this.#options;
    const ending = this.#state.grants.filter(({ expiresAt }) => expiresAt !== null);
    return ending.filter((grant) => hasExpired(grant, now())).length;
  }

  #poll(): void {
    const version = trustVersion(this.#options);
    const isSettled = version === this.#seenVersion;
    this.#seenVersion = version;
    const isNews = version !== this.#readVersion || this.#state.staleReason !== null;
    if (isSettled && isNews && !this.#isClosed) this.#read();
  }

  #read(): void {
    const read = readGrantFile(this.#options);
    const isSame = read.version === this.#readVersion;
    this.#readVersion = read.version;
    if ('problem' in read) {
      this.#becomeStale(read);
    } else if (!isSame || this.#state.staleReason !== null) {
      this.#state = stateOf(read.file);
      this.#keys = keysOf(read.file);
      this.#logRead();
      this.#announce();
    }
  }

  #becomeStale({ problem, hint }: UnreadableGrantFile): void {
    if (this.#state.staleReason === problem) return;
    this.#state = { ...this.#state, staleReason: problem };
    const { log, path } = this.#options;
    log.error({ path, reason: problem, hint }, 'grants not readable, last good ones in force');
    this.#announce();
  }

  #logRead(): void {
    const { log, path } = this.#options;
    const { grants, problems } = this.#state;
    log.info({ path, grants: grants.length, badLines: problems.length }, 'grants read');
    for (const { line, reason } of problems.slice(0, MAX_LOGGED_PROBLEMS)) {
      log.warn({ path, line, reason }, 'bad line ignored');
    }
  }

  #announce(): void {
    this.#expiredCount = this.#countExpired();
    for (const listener of this.#listeners) {
      try {
        listener(this.#state);
      } catch (error) {
        this.#options.log.error({ error }, 'grant listener failed');
      }
    }
  }
}

async function editFile(
  location: TrustedPath,
  apply: (file: AuthorizedKeys) => GrantEdit,
  record: RecordChange,
): Promise<readonly GrantDelta[]> {
  try {
    // Checked before the lock, which would be written into a folder that is not trusted.
    requireReadable(location);
    const target = findTrusted(location);
    return await withGrantLock(target, () => editLocked({ location, target, apply, record }));
  } catch (error) {
    if (error instanceof TriadError) throw error;
    throw new RefusedError(`cannot change ${location.path}: ${messageOf(error)}`, {
      userMessage: 'the grants could not be written',
      cause: error,
    });
  }
}

interface Edit {
  readonly location: TrustedPath;
  /** Where its path leads, so that an edit replaces that file and not a link to it. */
  readonly target: string;
  readonly apply: (file: AuthorizedKeys) => GrantEdit;
  readonly record: RecordChange;
}

async function editLocked({
  location,
  target,
  apply,
  record,
}: Edit): Promise<readonly GrantDelta[]> {
  await removeStagedLeftovers(target);
  for (let attempt = 0; attempt < MAX_EDIT_ATTEMPTS; attempt++) {
    const read = requireReadable(location);
    const { file, deltas } = apply(read.file);
    if (deltas.length === 0) return deltas;
    const staged = await stageFile(target, formatAuthorizedKeys(file.lines), read.mode);
    if (trustVersion(location) === read.version) {
      await commitRecorded(staged, () => record(deltas));
      return deltas;
    }
    await staged.discard();
  }
  throw new RefusedError('somebody else keeps changing the grants', { hint: 'try again' });
}

/** @throws ConfigurationError */
function requireReadable(location: TrustedPath): ReadableGrantFile {
  const read = readGrantFile(location);
  if (!('problem' in read)) return read;
  const userMessage = 'the grants cannot be read';
  throw new ConfigurationError(read.problem, { hint: read.hint, userMessage });
}

async function commitRecorded(staged: StagedFile, record: () => void): Promise<void> {
  try {
    record();
  } catch (error) {
    await staged.discard();
    throw error;
  }
  await staged.commit();
}

function stateOf({ grants, problems }: AuthorizedKeys): GrantState {
  return { grants, problems, staleReason: null };
}

function keysOf({ grants }: AuthorizedKeys): ReadonlyMap<string, KnownKey> {
  return new Map(grants.map(({ engineer, key }) => [idOf(key.blob), { engineer, key }]));
}

function idOf(blob: Uint8Array): string {
  return Buffer.from(blob).toString('base64');
}
