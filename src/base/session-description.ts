import { openedPanesSchema, paneDescriptionSchema } from './pane.js';
import { session, type ValueOf, z } from './schema.js';

export const sessionDescriptionSchema = z.strictObject({
  name: session,
  /**
   * `starting`: it is being made, or made again after it was lost, for those who are still attached.
   * `ended`: for good, by `endSession`.
   */
  state: z.enum(['starting', 'running', 'ended']),
  /** For people: the path of the tmux socket on the host. */
  socket: z.string(),
  tmuxVersion: z.string(),
  /** Whether the session was found running at the start instead of being created. */
  adopted: z.boolean(),
  /** What the session's version of tmux cannot do. */
  limits: z.array(z.string()),
  /** What is wrong beside its panes, each with what to do. */
  problems: z.array(z.string()),
  panes: z.array(paneDescriptionSchema),
  opened: openedPanesSchema,
});

export type SessionDescription = ValueOf<typeof sessionDescriptionSchema>;
export type SessionState = SessionDescription['state'];
