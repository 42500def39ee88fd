import type { HostEvent } from '../../base/host-event.js';
import { readJson } from '../../base/schema.js';
import { type PaneMemory, paneMemorySchema } from './schema.js';

/** What an event that tells of a change of state has to know of the memory, to stand in for it. */
export function memoryFacts(memory: PaneMemory): HostEvent['facts'] {
  const { since, starts, earlierStarts, crashes, pauses, pauseMs, startsAt, ending } = memory;
  return { since, starts, earlierStarts, crashes, pauses, pauseMs, startsAt, ending };
}

/** undefined for an event that says too little; what it says beside is left out. */
export function recordedMemory({ number, facts }: HostEvent): PaneMemory | undefined {
  const told = { ...facts, state: facts['to'], event: number };
  return paneMemorySchema.strip().safeParse(told).data;
}

/** The option's limit is tmux's for a command, 16 KB; a memory takes less than one. */
export function writeMemory(memory: PaneMemory): string {
  return JSON.stringify(memory);
}

/** undefined for anything but a memory: whoever drives can write the option, too. */
export function readMemory(text: string): PaneMemory | undefined {
  return readJson(paneMemorySchema, text);
}

/** Of a pane in which nothing was started yet. */
export function freshMemory(now: number): PaneMemory {
  return {
    ...{ state: 'waiting', reason: 'not started yet', since: now, pid: null, question: null },
    ...{ starts: 0, earlierStarts: 0, crashes: 0, pauses: 0, pauseMs: 0, startsAt: null },
    ...{ ending: null, event: 0 },
  };
}
