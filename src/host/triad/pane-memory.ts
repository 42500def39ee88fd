import type { HostEvent } from '../../base/host-event.js';
import type { PaneState } from '../../base/pane.js';
import { paneMemorySchema } from '../plan/schema.js';

/** What a command that is `stopping` does once it has ended. */
export type Ending = 'stop' | 'restart' | 'dead';

/**
 * What the supervisor must not forget of a pane while no manager is there. It is kept in a user option
 * of the pane, so that it lives exactly as long.
 */
export interface PaneMemory {
  readonly state: PaneState;
  readonly reason: string;
  /** Epoch ms of the last change of state. */
  readonly since: number;
  /** The keeper's count of starts that this is about. */
  readonly starts: number;
  /** Starts by keepers before that one. */
  readonly earlierStarts: number;
  /** Its command's process, as it was known last. */
  readonly pid: number | null;
  /** What it asked last, as far as the program has surely printed it; null where it never did. */
  readonly question: string | null;
  readonly crashes: number;
  /** Pauses in a row, from which the next one grows. */
  readonly pauses: number;
  /** How long the present pause is as a whole, and the epoch ms of its end; 0 and null but in `backoff`. */
  readonly pauseMs: number;
  readonly startsAt: number | null;
  /** null but in `stopping`. */
  readonly ending: Ending | null;
  /** Number of the event that tells of the state; 0 before the first. */
  readonly event: number;
}

/** What an event that tells of a change of state has to know of the memory, to stand in for it. */
export function memoryFacts(memory: PaneMemory): HostEvent['facts'] {
  const { since, starts, earlierStarts, crashes, pauses, pauseMs, startsAt, ending } = memory;
  return { since, starts, earlierStarts, crashes, pauses, pauseMs, startsAt, ending };
}

/** undefined for an event that says too little. */
export function recordedMemory({ number, facts }: HostEvent): PaneMemory | undefined {
  const { to: state, reason, pid, since, starts, earlierStarts, ...others } = facts;
  const { crashes, pauses, pauseMs, startsAt, ending } = others;
  const first = { state, reason, pid, since, starts, earlierStarts };
  const memory = { ...first, crashes, pauses, pauseMs, startsAt, ending, event: number };
  return paneMemorySchema.safeParse(memory).data;
}

/** The option's limit is tmux's for a command, 16 KB; a memory takes less than one. */
export function writeMemory(memory: PaneMemory): string {
  return JSON.stringify(memory);
}

/** undefined for anything but a memory: whoever drives can write the option, too. */
export function readMemory(text: string): PaneMemory | undefined {
  try {
    const read = paneMemorySchema.safeParse(JSON.parse(text));
    return read.success ? read.data : undefined;
  } catch {
    return undefined;
  }
}

/** Of a pane in which nothing was started yet. */
export function freshMemory(now: number): PaneMemory {
  return {
    ...{
      state: 'waiting',
      reason: 'not started yet',
      since: now,
      starts: 0,
      earlierStarts: 0,
      pid: null,
      question: null,
    },
    ...{ crashes: 0, pauses: 0, pauseMs: 0, startsAt: null, ending: null },
    event: 0,
  };
}
