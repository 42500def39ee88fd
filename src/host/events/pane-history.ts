import type { HostEvent } from '../../base/host-event.js';
import { type PaneName, paneName, type SessionName } from '../../base/ids.js';

/** A run of a pane's command, as far as it is on record. */
export interface RunOnRecord {
  /** An id that tells the run from every other run of its pane. */
  readonly run: string;
  readonly pid: number | null;
  readonly hasEnded: boolean;
  /** The number of the event of its start or its end. */
  readonly number: number;
}

/** Most panes that are remembered; more than this is no session, but a flood of names. */
const MAX_PANES = 1024;

/** Owns what the events say of each pane: its newest run, and its last change of state. */
export class PaneHistory {
  readonly #runs = new Map<string, RunOnRecord>();
  readonly #states = new Map<string, HostEvent>();

  take(event: HostEvent): void {
    const { session, pane, kind, facts, number } = event;
    if (session === null || pane === null) return;
    const key = keyOf(session, pane);
    if (kind === 'pane-state') set(this.#states, key, event);
    if (kind !== 'command-started' && kind !== 'command-ended') return;
    const hasEnded = kind === 'command-ended';
    const pid = typeof facts['pid'] === 'number' ? facts['pid'] : null;
    set(this.#runs, key, { run: String(facts['run']), pid, hasEnded, number });
  }

  lastRun(session: SessionName, pane: PaneName): RunOnRecord | undefined {
    return this.#runs.get(keyOf(session, pane));
  }

  /** The panes of which a run is on record that has not ended. */
  openPanes(session: SessionName): PaneName[] {
    const start = `${session} `;
    const open = [...this.#runs].filter(([key, run]) => key.startsWith(start) && !run.hasEnded);
    return open.map(([key]) => paneName(key.slice(start.length)));
  }

  lastState(session: SessionName, pane: PaneName): HostEvent | undefined {
    return this.#states.get(keyOf(session, pane));
  }

  get runs(): readonly (readonly [string, RunOnRecord])[] {
    return [...this.#runs];
  }

  /** Takes what was known of runs whose events are in a file that somebody took away. */
  recall(runs: readonly (readonly [string, RunOnRecord])[]): void {
    for (const [key, run] of runs) {
      if (run.number > (this.#runs.get(key)?.number ?? 0)) set(this.#runs, key, run);
    }
  }
}

function keyOf(session: SessionName, pane: PaneName): string {
  return `${session} ${pane}`;
}

/** Sets an entry; the one that was set longest ago makes room. */
function set<T>(map: Map<string, T>, key: string, value: T): void {
  map.delete(key);
  map.set(key, value);
  const [oldest] = map.keys();
  if (map.size > MAX_PANES && oldest !== undefined) map.delete(oldest);
}
