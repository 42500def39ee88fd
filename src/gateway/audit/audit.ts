import { type Clock, SYSTEM_CLOCK } from '../../base/clock.js';
import { BusyError, messageOf, TriadError } from '../../base/errors.js';
import type { EventPosition, HostEvent } from '../../base/host-event.js';
import type { Part } from '../../base/part.js';
import { type LeftOut, Throttle } from '../../base/throttle.js';
import type { Logger } from '../../log/logger.js';
import { AuditFile } from './audit-file.js';
import { readLastHostEvent } from './audit-tail.js';

/** Records of one kind by one engineer in a window: nobody at work makes so many, and a flood pushes others out. */
const MAX_RECORDS = 100;
const WINDOW_MS = 60_000;

type Facts = Readonly<Record<string, unknown>>;

/** What somebody did; a record without an actor is the gateway's own. */
interface Act {
  readonly actor: Actor;
}

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

/** Who did it: an engineer over SSH, or the owner of the control socket. */
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
  readonly caller: Required<Omit<Actor, 'door'>>;
}

interface PaneFacts extends Act {
  readonly session: string;
  readonly pane: string;
}

interface PanesFacts extends Omit<PaneFacts, 'pane'> {
  /** null for all of the session. */
  readonly pane: string | null;
  readonly done: 'started' | 'stopped' | 'restarted';
}

/**
 * Owns the record of what people did: JSON Lines, one function per event, called once, before the
 * effect is visible. Promises that nothing happens unrecorded: an event that cannot be written throws an `AuditError`;
 * only endings, which cannot be refused, are logged, and written once that is possible. It must never hold what was typed.
 *
 * Whatever an engineer does a hundred times in a minute is left out from then on, and the next record of its
 * kind says how often; a change of access is refused instead, because none may be unrecorded.
 */
export class Audit {
  readonly #path: string;
  readonly #file: AuditFile;
  readonly #log: Logger;
  readonly #now: () => number;
  /** One for each engineer and event; only engineers whose key is known get here, so that they are few. */
  readonly #throttles = new Map<string, Throttle>();

  private constructor(path: string, log: Logger, clock: Clock) {
    const leftOut = (count: number) => lineOf('audit-records-lost', { count });
    this.#path = path;
    const resumed = () => lineOf('audit-resumed', {});
    this.#file = new AuditFile({ path, leftOut, resumed });
    this.#log = log;
    this.#now = () => clock.elapsed();
  }

  /** @throws the system's error when the file cannot be written. */
  static open(path: string, log: Logger, clock: Clock = SYSTEM_CLOCK): Audit {
    return new Audit(path, log, clock);
  }

  /** The file is to be watched: while it cannot be written nobody gets in, and nothing is done. */
  get part(): Part {
    return this.#file.part;
  }

  /**
   * A full disk must not keep a gateway from starting: the record of a start waits until there is
   * room.
   */
  gatewayStarted(event: {
    readonly listen: readonly string[];
    readonly sessions: readonly string[];
  }): void {
    this.#recordEnd('gateway-started', event);
  }

  gatewayStopped(event: { readonly reason: string }): void {
    this.#recordEnd('gateway-stopped', event);
  }

  connectionAuthenticated(
    event: ConnectionFacts & { engineer: string; fingerprint: string },
  ): void {
    this.#record('connection-authenticated', { ...event });
  }

  /** An engineer proved their key, and has no right, or finds no connection slot. */
  engineerNotLetIn(
    event: ConnectionFacts & { engineer: string; fingerprint: string; reason: string },
  ): void {
    this.#recordRefusal(event.engineer, 'connection-refused', event);
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

  accessGranted(event: Act & { readonly changes: readonly object[] }): void {
    this.#recordChange('access-granted', event);
  }

  accessRevoked(event: Act & { readonly changes: readonly object[] }): void {
    this.#recordChange('access-revoked', event);
  }

  /** The file of grants says something else than before, whoever changed it. */
  accessFileRead(event: { readonly grants: number; readonly badLines: number }): void {
    this.#recordEnd('access-file-read', event);
  }

  commandRefused(event: Act & { readonly verb: string; readonly reason: string }): void {
    this.#recordRefusal(event.actor.engineer, 'command-refused', event);
  }

  engineerKicked(event: Act & { readonly target: string }): void {
    this.#recordAct('engineer-kicked', event);
  }

  paneCaptured(event: PaneFacts): void {
    this.#recordAct('pane-captured', event);
  }

  textSent(event: PaneFacts & { readonly bytes: number }): void {
    this.#recordAct('text-sent', event);
  }

  keysPressed(event: PaneFacts & { readonly keys: number }): void {
    this.#recordAct('keys-pressed', event);
  }

  /** `pane-started`, `pane-stopped` or `pane-restarted`. */
  panesSupervised({ done, ...event }: PanesFacts): void {
    this.#recordAct(`pane-${done}`, event);
  }

  paneSignalled(event: PaneFacts & { readonly signal: string }): void {
    this.#recordAct('pane-signalled', event);
  }

  outputRead(event: PaneFacts & { readonly follows: boolean }): void {
    this.#recordAct('output-read', event);
  }

  reloadRequested(event: Act): void {
    this.#recordAct('reload-requested', event);
  }

  /** Something happened in the host; `number` tells it from every other. */
  hostEvent({ at, ...event }: HostEvent): void {
    this.#record('host-event', { at: new Date(at).toISOString(), ...event });
  }

  /** The last event of the host that the end of this file tells of; undefined where it tells of none. */
  lastHostEvent(): Promise<EventPosition | undefined> {
    return readLastHostEvent(this.#path);
  }

  /** `count` events of the host were no longer kept when the gateway asked for them. */
  hostEventsMissed(event: { readonly count: number; readonly after: number }): void {
    this.#record('host-events-missed', event);
  }

  /** The host's record is another one than that whose event `after` was the last: all that it has follows. */
  hostRecordReplaced(event: { readonly after: number }): void {
    this.#record('host-record-replaced', event);
  }

  stopRequested(event: Act & { readonly endsSessions: boolean }): void {
    this.#recordAct('stop-requested', event);
  }

  /** Idempotent. */
  close(): void {
    this.#file.close();
  }

  /** Records what has no actor; an act has a limit, see `#recordAct`. */
  #record(event: string, facts: Facts & { readonly actor?: never }): void {
    this.#write(event, facts);
  }

  #recordAct(event: string, facts: Act): void {
    this.#limited(facts.actor.engineer, event, (leftOut) =>
      this.#write(event, { ...facts, ...leftOut }),
    );
  }

  /** @throws BusyError where the record would be left out. */
  #recordChange(event: string, facts: Act): void {
    const write = (leftOut: LeftOut) => this.#write(event, { ...facts, ...leftOut });
    if (this.#limited(facts.actor.engineer, event, write)) return;
    throw new BusyError(`${MAX_RECORDS} changes within a minute are all that goes on record`, {
      hint: 'try again in a minute',
    });
  }

  /**
   * Records a refusal within a limit, since it costs nobody anything to try what they may not do.
   */
  #recordRefusal(engineer: string, event: string, facts: object): void {
    this.#limited(engineer, event, (leftOut) => this.#recordEnd(event, { ...facts, ...leftOut }));
  }

  /**
   * Tells whether it was written: a flood of one engineer's records must not push the others out.
   */
  #limited(engineer: string, event: string, write: (leftOut: LeftOut) => void): boolean {
    const kind = `${engineer} ${event}`;
    const limit = { max: MAX_RECORDS, windowMs: WINDOW_MS, now: this.#now };
    const throttle = this.#throttles.get(kind) ?? new Throttle(limit);
    this.#throttles.set(kind, throttle);
    return throttle.write(write);
  }

  #recordEnd(event: string, facts: object): void {
    const problem = this.#file.appendOrWait(lineOf(event, facts));
    if (problem === undefined) return;
    const error = new AuditError(problem);
    this.#log.error({ error, event }, 'audit records not written, tried again until they are');
  }

  #write(event: string, facts: object): void {
    try {
      this.#file.append(lineOf(event, facts));
    } catch (error) {
      throw new AuditError(error);
    }
  }
}

function lineOf(event: string, facts: object): string {
  return `${JSON.stringify({ time: new Date().toISOString(), event, ...facts })}\n`;
}

function attachmentFacts(event: AttachmentFacts): Facts {
  const { id, session, role, caller } = event;
  return { attachment: id, session, role, ...callerFacts(caller) };
}

function callerFacts(caller: AttachmentFacts['caller']): object {
  const { engineer, fingerprint, remote, connectionId } = caller;
  return { engineer, fingerprint, remote, connectionId };
}
