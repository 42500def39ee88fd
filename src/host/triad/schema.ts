import type { output } from 'zod';
import { isName, paneName } from '../../base/ids.js';
import { PANE_STATES } from '../../base/pane.js';
import { count, printable, type ValueOf, z } from '../../base/schema.js';

/** The last time that a Date can have (ECMA-262 §21.4.1.1). */
const MAX_EPOCH_MS = 8.64e15;

/**
 * What the supervisor must not forget of a pane while no manager is there. It is kept in a user option
 * of the pane, which tmux keeps as long as the pane.
 */
export const paneMemorySchema = z.strictObject({
  state: z.enum(PANE_STATES),
  reason: printable,
  /** Epoch ms of the last change of state. */
  since: count.max(MAX_EPOCH_MS),
  /** The count of starts that the keeper told last. */
  starts: count,
  /** Starts by keepers before that one. */
  earlierStarts: count,
  /** The process id of its command, as it was known last. */
  pid: count.nullable().default(null),
  /** What it asked last, as far as the program has surely printed it; null where it never asked. */
  question: printable.nullable().default(null),
  crashes: count,
  /** How many pauses in a row there were, by which the next one grows. */
  pauses: count,
  /** The whole length of the pause, and the epoch ms of its end; 0 and null except in `backoff`. */
  pauseMs: z.number().min(0),
  startsAt: z.number().min(0).max(MAX_EPOCH_MS).nullable(),
  /** Why a command is `stopping`, which decides what follows its end; null in other states. */
  ending: z.enum(['stop', 'restart', 'dead']).nullable(),
  /** The number of the event that told of the state; 0 before the first. */
  event: count.default(0),
});

export type PaneMemory = ValueOf<typeof paneMemorySchema>;

const exit = z.strictObject({
  status: count.nullable(),
  signal: z.string().max(16).nullable(),
  at: count.max(MAX_EPOCH_MS),
});

/** A command's process, identified by its start time, too; its session is the keeper's process id. */
const run = z.strictObject({ pid: count, startedAt: z.string(), session: count });

/** The note of what was known of a pane last. */
const paneNote = z.strictObject({
  memory: paneMemorySchema,
  lastExit: exit.nullable(),
  run: run.nullable(),
});

export type NotedRun = ValueOf<typeof run>;
export type PaneNote = ValueOf<typeof paneNote>;

/** The notes of a session as its last manager knew it. */
export const runNotesSchema = z.strictObject({
  /** The boot id (proc(5), random/boot_id): no run lives on after another start of the machine. */
  boot: z.string(),
  /** Why the session is gone, where somebody has ended it while no manager was there. */
  ended: printable.nullable(),
  panes: z
    .record(z.string().refine(isName), paneNote)
    .transform(
      (panes) => new Map(Object.entries(panes).map(([name, note]) => [paneName(name), note])),
    ),
});

export type SessionNotes = Readonly<output<typeof runNotesSchema>>;
