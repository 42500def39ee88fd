import type { output } from 'zod';
import { isName, paneName } from '../../base/ids.js';
import { PANE_STATES } from '../../base/pane.js';
import { count, printable, type ValueOf, z } from '../../base/schema.js';

/** The last moment that a date can tell (ECMA-262 §21.4.1.1). */
const MAX_EPOCH_MS = 8.64e15;

/**
 * What the supervisor must not forget of a pane while no manager is there. It is kept in a user option
 * of the pane, so that it lives exactly as long.
 */
export const paneMemorySchema = z.strictObject({
  state: z.enum(PANE_STATES),
  reason: printable,
  /** Epoch ms of the last change of state. */
  since: count.max(MAX_EPOCH_MS),
  /** The keeper's count of starts that this is about. */
  starts: count,
  /** Starts by keepers before that one. */
  earlierStarts: count,
  /** Its command's process, as it was known last. */
  pid: count.nullable().default(null),
  /** What it asked last, as far as the program has surely printed it; null where it never did. */
  question: printable.nullable().default(null),
  crashes: count,
  /** Pauses in a row, from which the next one grows. */
  pauses: count,
  /** How long the present pause is as a whole, and the epoch ms of its end; 0 and null but in `backoff`. */
  pauseMs: z.number().min(0),
  startsAt: z.number().min(0).max(MAX_EPOCH_MS).nullable(),
  /** What a command that is `stopping` does once it has ended; null but then. */
  ending: z.enum(['stop', 'restart', 'dead']).nullable(),
  /** Number of the event that tells of the state; 0 before the first. */
  event: count.default(0),
});

export type PaneMemory = ValueOf<typeof paneMemorySchema>;

const exit = z.strictObject({
  status: count.nullable(),
  signal: z.string().max(16).nullable(),
  at: count.max(MAX_EPOCH_MS),
});

/** A command's process, and what no other process has; its session is the keeper's process id. */
const run = z.strictObject({ pid: count, startedAt: z.string(), session: count });

/** What was known of a pane last. */
const paneNote = z.strictObject({
  memory: paneMemorySchema,
  lastExit: exit.nullable(),
  run: run.nullable(),
});

export type NotedRun = ValueOf<typeof run>;
export type PaneNote = ValueOf<typeof paneNote>;

/** A session as its last manager knew it. */
export const runNotesSchema = z.strictObject({
  /** proc(5), `boot_id`: nothing of it lives on after another start of the machine. */
  boot: z.string(),
  /** Why it is gone, where somebody has ended it while no manager was there. */
  ended: printable.nullable(),
  panes: z
    .record(z.string().refine(isName), paneNote)
    .transform(
      (panes) => new Map(Object.entries(panes).map(([name, note]) => [paneName(name), note])),
    ),
});

export type SessionNotes = Readonly<output<typeof runNotesSchema>>;
