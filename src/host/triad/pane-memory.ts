import type { HostEvent } from '../../base/host-event.js';
import { readJson } from '../../base/schema.js';
import { type PaneMemory, paneMemorySchema } from './schema.js';

/** The facts by which an event about a change of state can replace a memory that was lost. */
export function memoryFacts(memory: PaneMemory): HostEvent['facts'] {
  const { since, starts, earlierStarts, crashes, pauses, pauseMs, startsAt, ending } = memory;
  return { since, starts, earlierStarts, crashes, pauses, pauseMs, startsAt, ending };
}

/** The memory that an event about a change of state tells; undefined where it tells too little. */
export function recordedMemory({ number, facts }: HostEvent): PaneMemory | undefined {
  const told = { ...facts, state: facts['to'], event: number };
  return paneMemorySchema.strip().safeParse(told).data;
}

/** Writes a memory as an option's value: less than 1 KB, where tmux takes 16 KB in a command (imsg). */
export function writeMemory(memory: PaneMemory): string {
  return JSON.stringify(memory);
}

/** Reads a memory; undefined for anything else, since drivers can write the option, too. */
export function readMemory(text: string): PaneMemory | undefined {
  return readJson(paneMemorySchema, text);
}

/** The memory of a pane in which nothing was started yet. */
export function freshMemory(now: number): PaneMemory {
  return {
    ...{ state: 'waiting', reason: 'not started yet', since: now, pid: null, question: null },
    ...{ starts: 0, earlierStarts: 0, crashes: 0, pauses: 0, pauseMs: 0, startsAt: null },
    ...{ ending: null, event: 0 },
  };
}
