import { AppendFile } from '../base/append-file.js';
import { messageOf, TriadError } from '../base/errors.js';
import { Throttle } from '../base/throttle.js';
import type { Logger } from '../log/logger.js';

/** A year of a busy team; a record is about 250 bytes. */
const MAX_FILE_BYTES = 64 * 1024 * 1024;
const MAX_OLD_FILES = 16;
/** More in a minute is no mistake any more; the next record says how many were left out. */
const REFUSALS_OF_ENGINEER = { max: 100, windowMs: 60_000, now: () => performance.now() } as const;

/** An event cannot be put on record, so what it tells of must not be done. */
export class AuditError extends TriadError {
  override name = 'AuditError';
  readonly code = 'audit';

  constructor(cause: unknown) {
    super(`the audit log cannot be written: ${messageOf(cause)}`, {
      userMessage: 'this cannot be put on record now, so it was not done',
      hint: 'make room for state/audit.jsonl and try again',
      cause,
    });
  }
}

/** Who did it: an engineer over SSH, or whoever owns the host's control socket. */
export interface Actor {
  readonly engineer: string;
  /** `ssh`, or `local` for the program on the host. */
  readonly door: 'ssh' | 'local';
  readonly fingerprint?: string;
  readonly remote?: string;
  readonly connectionId?: string;
}

interface ConnectionFacts {
  readonly connectionId: string;
  readonly remote: string;
  readonly login: string;
}

interface AttachmentFacts {
  readonly id: string;
  readonly session: string;
  readonly role: string;
  readonly caller: {
    readonly engineer: string;
    readonly fingerprint: string;
    readonly remote: string;
    readonly connectionId: string;
  };
}

interface PaneFacts {
  readonly actor: Actor;
  readonly session: string;
  readonly pane: string;
}

interface PanesFacts extends Omit<PaneFacts, 'pane'> {
  /** null for all of the session. */
  readonly pane: string | null;
}

/** What happened in the host, as it told of it. */
export interface HostEventFacts {
  readonly number: number;
  /** Epoch ms. */
  readonly at: number;
  readonly kind: string;
  readonly session: string | null;
  readonly pane: string | null;
  readonly by: string | null;
  readonly text: string;
  readonly facts: Readonly<Record<string, string | number | boolean | null>>;
}

/**
 * Owns the record of what people did: JSON Lines, one function per event, called once, before the
 * effect is visible. An event that cannot be written throws an `AuditError`, so that nothing happens unrecorded;
 * only endings, which cannot be refused, are logged instead. It must never hold what was typed.
 */
export class Audit {
  readonly #file: AppendFile;
  readonly #log: Logger;
  /** By engineer; only those with a key that is known get here. */
  readonly #refusals = new Map<string, Throttle>();

  private constructor(file: AppendFile, log: Logger) {
    this.#file = file;
    this.#log = log;
  }

  /** @throws the system's error when the file cannot be written. */
  static open(path: string, log: Logger): Audit {
    const limits = { maxBytes: MAX_FILE_BYTES, maxOldFiles: MAX_OLD_FILES };
    return new Audit(new AppendFile({ path, ...limits }), log);
  }

  gatewayStarted(event: {
    readonly listen: readonly string[];
    readonly sessions: readonly string[];
  }): void {
    this.#record('gateway-started', event);
  }

  gatewayStopped(event: { readonly reason: string }): void {
    this.#recordEnd('gateway-stopped', event);
  }

  connectionAuthenticated(
    event: ConnectionFacts & { engineer: string; fingerprint: string },
  ): void {
    this.#record('connection-authenticated', event);
  }

  /** `suppressed`: how many before this one were too many to record. */
  connectionRefused(
    event: ConnectionFacts & { fingerprint: string | null; reason: string; suppressed?: number },
  ): void {
    this.#recordEnd('connection-refused', event);
  }

  connectionClosed(
    event: ConnectionFacts & { engineer: string; reason: string; durationMs: number },
  ): void {
    this.#recordEnd('connection-closed', event);
  }

  attachmentOpened(event: AttachmentFacts): void {
    this.#record('attachment-opened', attachmentFacts(event));
  }

  attachmentRefused(event: Omit<AttachmentFacts, 'id' | 'role'> & { reason: string }): void {
    const { caller, session, reason } = event;
    this.#recordRefusal(caller.engineer, 'attachment-refused', {
      ...{ session, ...callerFacts(caller), reason },
    });
  }

  attachmentRoleChanged(event: AttachmentFacts & { from: string }): void {
    this.#record('attachment-role-changed', { ...attachmentFacts(event), from: event.from });
  }

  attachmentClosed(event: AttachmentFacts & { reason: string }): void {
    this.#recordEnd('attachment-closed', { ...attachmentFacts(event), reason: event.reason });
  }

  accessGranted(event: { readonly actor: Actor; readonly changes: readonly object[] }): void {
    this.#record('access-granted', event);
  }

  accessRevoked(event: { readonly actor: Actor; readonly changes: readonly object[] }): void {
    this.#record('access-revoked', event);
  }

  /** The file of grants says something else than before, whoever changed it. */
  accessFileRead(event: { readonly grants: number; readonly badLines: number }): void {
    this.#recordEnd('access-file-read', event);
  }

  commandRefused(event: {
    readonly actor: Actor;
    readonly verb: string;
    readonly reason: string;
  }): void {
    this.#recordRefusal(event.actor.engineer, 'command-refused', event);
  }

  engineerKicked(event: { readonly actor: Actor; readonly target: string }): void {
    this.#record('engineer-kicked', event);
  }

  paneCaptured(event: PaneFacts): void {
    this.#record('pane-captured', event);
  }

  textSent(event: PaneFacts & { readonly bytes: number }): void {
    this.#record('text-sent', event);
  }

  keysPressed(event: PaneFacts & { readonly keys: number }): void {
    this.#record('keys-pressed', event);
  }

  paneStarted(event: PanesFacts): void {
    this.#record('pane-started', event);
  }

  paneStopped(event: PanesFacts): void {
    this.#record('pane-stopped', event);
  }

  paneRestarted(event: PanesFacts): void {
    this.#record('pane-restarted', event);
  }

  paneSignalled(event: PaneFacts & { readonly signal: string }): void {
    this.#record('pane-signalled', event);
  }

  outputRead(event: PaneFacts & { readonly follows: boolean }): void {
    this.#record('output-read', event);
  }

  reloadRequested(event: { readonly actor: Actor }): void {
    this.#record('reload-requested', event);
  }

  /** Something happened in the host; `number` tells it from every other, should it be written twice. */
  hostEvent({ at, ...event }: HostEventFacts): void {
    this.#record('host-event', { at: new Date(at).toISOString(), ...event });
  }

  /** So many events of the host were kept no more when they were asked for. */
  hostEventsMissed(event: { readonly count: number; readonly after: number }): void {
    this.#record('host-events-missed', event);
  }

  /** The host's record is another one than that whose event `after` was the last: all that it has follows. */
  hostRecordReplaced(event: { readonly after: number }): void {
    this.#record('host-record-replaced', event);
  }

  stopRequested(event: { readonly actor: Actor; readonly endsSessions: boolean }): void {
    this.#record('stop-requested', event);
  }

  /** Idempotent. */
  close(): void {
    this.#file.close();
  }

  #record(event: string, facts: object): void {
    try {
      this.#file.append(`${JSON.stringify({ time: new Date().toISOString(), event, ...facts })}\n`);
    } catch (error) {
      throw new AuditError(error);
    }
  }

  /** What somebody may not do costs them nothing to try: a flood of it must not push the rest out. */
  #recordRefusal(engineer: string, event: string, facts: object): void {
    const throttle = this.#refusals.get(engineer) ?? new Throttle(REFUSALS_OF_ENGINEER);
    this.#refusals.set(engineer, throttle);
    throttle.write((leftOut) => this.#recordEnd(event, { ...facts, ...leftOut }));
  }

  #recordEnd(event: string, facts: object): void {
    try {
      this.#record(event, facts);
    } catch (error) {
      this.#log.error({ error, event }, 'audit record not written');
    }
  }
}

function attachmentFacts(event: AttachmentFacts): object {
  const { id, session, role, caller } = event;
  return { attachment: id, session, role, ...callerFacts(caller) };
}

function callerFacts(caller: AttachmentFacts['caller']): object {
  const { engineer, fingerprint, remote, connectionId } = caller;
  return { engineer, fingerprint, remote, connectionId };
}
