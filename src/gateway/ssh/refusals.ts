import { type LeftOut, Throttle } from '../../base/throttle.js';
import type { Logger } from '../../log/logger.js';
import type { StartupLimit } from './admission.js';

/** Every limit that is counted, by its name in `config/gateway.yaml`, and what the process may open. */
const LIMITS = [
  'descriptors',
  'maxConnections',
  'maxStartups',
  'perSourceMaxStartups',
  'perSourcePenalties',
  'maxSources',
  'loginGraceTime',
  'maxAuthTries',
  'maxConnectionsPerEngineer',
  'maxConnectionsPerKey',
  'adminReservedConnections',
  'maxGuests',
  'unusedConnectionTimeout',
  'maxSessions',
  'clientAliveCountMax',
] as const;

export type Limit = (typeof LIMITS)[number];

/** How often a newcomer got the slot of another connection, by the limit that had been reached. */
export type DisplacedCounts = Record<StartupLimit, number>;

type Facts = Readonly<Record<string, unknown>>;

const MINUTE_MS = 60_000;
/** Lines a minute about clients that never log in; a team's own mistakes are far fewer. */
const MAX_STRANGER_LINES = 60;
/** With 250 bytes each, a flood of failed logins needs a month to push older records out. */
const MAX_STRANGER_RECORDS = 100;

/**
 * Counts what the limits refused, and keeps a flood of refusals from becoming one of lines: each
 * limit has a line a minute, and those who never log in share a number of lines and of records.
 */
export class Refusals {
  readonly #counts: Record<Limit, number>;
  readonly #displaced: DisplacedCounts = {
    ...{ descriptors: 0, maxStartups: 0, perSourceMaxStartups: 0 },
  };
  readonly #limitLines: Readonly<Record<Limit, Throttle>>;
  readonly #strangerLines: Throttle;
  readonly #strangerRecords: Throttle;

  /** @param now milliseconds that only grow */
  constructor(now: () => number) {
    const throttle = (max: number): Throttle => new Throttle({ max, windowMs: MINUTE_MS, now });
    this.#counts = forEachLimit(() => 0);
    this.#limitLines = forEachLimit(() => throttle(1));
    this.#strangerLines = throttle(MAX_STRANGER_LINES);
    this.#strangerRecords = throttle(MAX_STRANGER_RECORDS);
  }

  /** How often each limit refused something since the start. */
  get counts(): Readonly<Record<Limit, number>> {
    return { ...this.#counts };
  }

  get displaced(): Readonly<DisplacedCounts> {
    return { ...this.#displaced };
  }

  note(limit: Limit, log: Logger, facts: Facts = {}): void {
    this.#counts[limit] += 1;
    this.#writeLine(limit, log, facts);
  }

  /** Somebody who had not logged in gave way to a newcomer. */
  noteDisplaced(limit: StartupLimit, log: Logger, facts: Facts = {}): void {
    this.#displaced[limit] += 1;
    this.#writeLine(limit, log, { ...facts, outcome: 'displaced' });
  }

  /** Writes a line about a client that has not logged in, unless there were too many. */
  logStranger(write: (leftOut: LeftOut) => void): void {
    this.#strangerLines.write(write);
  }

  /** Puts a client that failed to log in on record, unless there were too many. */
  recordStranger(write: (leftOut: LeftOut) => void): void {
    this.#strangerRecords.write(write);
  }

  #writeLine(limit: Limit, log: Logger, facts: Facts): void {
    this.#limitLines[limit].write((leftOut) => {
      log.warn({ limit, ...facts, ...leftOut }, 'limit reached');
    });
  }
}

function forEachLimit<T>(make: () => T): Record<Limit, T> {
  return Object.fromEntries(LIMITS.map((limit) => [limit, make()])) as Record<Limit, T>;
}
