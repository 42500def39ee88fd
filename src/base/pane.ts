import type { PaneId, PaneName, SessionName } from './ids.js';

export interface PaneAddress {
  readonly session: SessionName;
  readonly pane: PaneName;
}

/** One pane, or with null every pane of the session. */
export interface PanesAddress {
  readonly session: SessionName;
  readonly pane: PaneName | null;
}

/**
 * The states of a pane's command. `waiting`: for what it depends on. `starting`: the keeper was told.
 * `running`: it runs, and no readiness probe was met yet. `healthy`: one was. `unhealthy`: it was, and
 * fails now, or the liveness probe failed. `backoff`: it ended, and is started again after a pause.
 * `stopping`: it was told to end. `stopped`: by a person; it stays so until it is started. `exited`: it
 * ended and its policy says to leave it at that. `failed`: it ended too often, or cannot be run.
 */
export const PANE_STATES = [
  'waiting',
  'starting',
  'running',
  'healthy',
  'unhealthy',
  'backoff',
  'stopping',
  'stopped',
  'exited',
  'failed',
] as const;

export type PaneState = (typeof PANE_STATES)[number];

export interface PaneDescription {
  readonly name: PaneName;
  readonly title: string;
  /** null while somebody has closed the pane, and it is not back yet. */
  readonly id: PaneId | null;
  readonly state: PaneState;
  /** Why, for people: a few words without control characters. */
  readonly reason: string;
  /** Epoch ms of the last change of state. */
  readonly since: number;
  /** Process id of the pane's command, not of its keeper; null when it does not run. */
  readonly pid: number | null;
  /** For people: the command as configured, in one line. */
  readonly command: string;
  readonly restarts: number;
  /** Crashes in a row, without having been well for long enough in between. */
  readonly crashes: number;
  /** Epoch ms of the command's last start; null before the first. */
  readonly startedAt: number | null;
  /** Epoch ms when it is started again; null but in `backoff`. */
  readonly startsAt: number | null;
  readonly lastExit: PaneExit | null;
  /** The line with which the command asks for somebody's input; null when it does not. */
  readonly question: string | null;
  readonly telemetry: PaneTelemetry;
  /** What else is wrong, for people: its log file cannot be written, for one. */
  readonly problems: readonly string[];
}

/** What a pane does, measured over the last seconds. */
export interface PaneTelemetry {
  readonly linesPerSecond: number;
  readonly bytesPerSecond: number;
  /** Epoch ms of the newest output; null before the first. */
  readonly lastOutputAt: number | null;
  /** Of the command with everything it started: 1 is a whole core; null while it does not run. */
  readonly cpu: number | null;
  /** Resident bytes of the same. */
  readonly memoryBytes: number | null;
  readonly processes: number | null;
}

export interface PaneExit {
  /** Exit status, or null when a signal ended the command. */
  readonly status: number | null;
  /** Signal name such as `SIGKILL`, or null. */
  readonly signal: string | null;
  /** Epoch ms. */
  readonly at: number;
}

/** What panes may be sent; SIGSTOP is left out: a keeper continues what was stopped. */
export const PANE_SIGNALS = [
  'SIGHUP',
  'SIGINT',
  'SIGQUIT',
  'SIGKILL',
  'SIGUSR1',
  'SIGUSR2',
  'SIGTERM',
  'SIGCONT',
  'SIGWINCH',
] as const satisfies readonly NodeJS.Signals[];

export type PaneSignal = (typeof PANE_SIGNALS)[number];

/** What is done to the commands of one pane, or of all. */
export const PANE_ACTIONS = ['start', 'stop', 'restart'] as const;

export type PaneAction = (typeof PANE_ACTIONS)[number];
