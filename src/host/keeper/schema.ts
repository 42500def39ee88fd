import { count, type ValueOf, z } from '../../base/schema.js';

const exit = z.object({
  /** The exit status, 0 where a signal ended the command; 127 and 126 as in sh(1p), EXIT STATUS. */
  status: count,
  /** The number of the signal that ended the command, or 0. */
  signal: count,
  /** Epoch ms of the end. */
  at: count,
});

/** The state that a keeper tells; 0 stands for no process, and for no start. */
export const keeperStateSchema = z
  .object({
    running: z.boolean(),
    /** The command's process id and process group; null while it does not run. */
    pid: count,
    /** How often the command was started in this pane. */
    starts: count,
    /** Epoch ms of the last start; null before the first. */
    startedAt: count,
    /** How the last run that is over ended; null before that. */
    exit: exit.nullable(),
    /** Whether the pane is gone: the keeper then ends its command, and itself after that. */
    hungUp: z.boolean().default(false),
  })
  .refine(({ running, pid }) => running === pid > 0)
  .transform(({ pid, startedAt, ...state }) => ({
    ...state,
    pid: pid > 0 ? pid : null,
    startedAt: state.starts > 0 ? startedAt : null,
  }));

export type KeeperState = ValueOf<typeof keeperStateSchema>;
