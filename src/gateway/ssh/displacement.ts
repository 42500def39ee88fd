/** How far a client that has not logged in has come. */
export type Progress = 'silent' | 'exchanging' | 'asking';

/** A connection that has not logged in. */
export interface Startup {
  readonly source: string;
  readonly progress: Progress;
  /** When it came so far, in milliseconds that only grow. */
  readonly since: number;
}

export interface Newcomer {
  readonly source: string;
  readonly now: number;
  /** How many startups a source has, the newcomer apart. */
  readonly countOf: (source: string) => number;
}

const RANKS = { silent: 0, exchanging: 1, asking: 2 } as const satisfies Record<Progress, number>;

/** Whether `progress` is more than `other`. */
export function isFurther(progress: Progress, other: Progress): boolean {
  return RANKS[progress] > RANKS[other];
}

/**
 * What a client gets for its next step before it is due: the rest of a key exchange takes a slow network
 * some round trips, a passphrase or a security key that asks for its owner (PIN, presence) theirs.
 */
const PATIENCE_MS = {
  silent: 0,
  exchanging: 2000,
  asking: 30_000,
} as const satisfies Record<Progress, number>;

/**
 * Whose slot a newcomer gets where all are taken. Of those who are due the source with the most loses
 * first, and of its connections the one that came least far, the oldest first. Where nobody is due a
 * source gives way only to one that has fewer even with the newcomer.
 *
 * @param startups in the order in which they came
 */
export function findDisplaced<T extends Startup>(
  startups: Iterable<T>,
  newcomer: Newcomer,
): T | undefined {
  let due: T | undefined;
  let largest: T | undefined;
  for (const startup of startups) {
    if (isBefore(startup, largest, newcomer)) largest = startup;
    const isDue = newcomer.now - startup.since >= PATIENCE_MS[startup.progress];
    if (isDue && isBefore(startup, due, newcomer)) due = startup;
  }
  if (due !== undefined || largest === undefined) return due;
  const fair = newcomer.countOf(newcomer.source) + 1;
  return newcomer.countOf(largest.source) > fair ? largest : undefined;
}

function isBefore(startup: Startup, other: Startup | undefined, newcomer: Newcomer): boolean {
  if (other === undefined) return true;
  const more = weightOf(startup.source, newcomer) - weightOf(other.source, newcomer);
  return more === 0 ? isFurther(other.progress, startup.progress) : more > 0;
}

/** The newcomer counts, and among equals its own source loses. */
function weightOf(source: string, { source: own, countOf }: Newcomer): number {
  return countOf(source) + (source === own ? 1.5 : 0);
}
