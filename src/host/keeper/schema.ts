import { count, type ValueOf, z } from '../../base/schema.js';

const exit = z.object({
  /** 0 where a signal ended it; 127: not found, 126: found but could not be run. */
  status: count,
  /** Signal number, 0 where it exited by itself. */
  signal: count,
  /** Epoch ms. */
  at: count,
});

/** The state that a keeper tells, where 0 stands for a process and a start that there are not. */
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
    /** The pane is gone; the keeper ends its command, and then itself. */
    hungUp: z.boolean().default(false),
  })
  .refine(({ running, pid }) => running === pid > 0)
  .transform(({ pid, startedAt, ...state }) => ({
    ...state,
    pid: pid > 0 ? pid : null,
    startedAt: state.starts > 0 ? startedAt : null,
  }));

export type KeeperState = ValueOf<typeof keeperStateSchema>;
