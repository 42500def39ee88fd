/** tmux sometimes draws wrongly: how soon that heals while programs write, and after. */
const REPAINT_INTERVAL_MS = 3_000;

export interface RepaintTimes {
  /** When a program last wrote to the window, in epoch seconds: all that tmux tells. */
  readonly activeAt: number;
  readonly repaintedAtMs: number;
  readonly nowMs: number;
}

/** Whether a program may have written since the last repaint, and that was long enough ago. */
export function isRepaintDue({ activeAt, repaintedAtMs, nowMs }: RepaintTimes): boolean {
  const isDirty = activeAt >= Math.floor(repaintedAtMs / 1000);
  return isDirty && nowMs - repaintedAtMs >= REPAINT_INTERVAL_MS;
}
