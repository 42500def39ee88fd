import type { EngineerName } from './ids.js';

/** Who is attached to a session. */
export interface Presence {
  /** Those who may type, the one who typed last first. The host is told of `MAX_PRESENT_DRIVERS` at most. */
  readonly drivers: readonly EngineerName[];
  /** How many watch, everybody counted. */
  readonly observers: number;
}

export const NOBODY: Presence = { drivers: [], observers: 0 };

export const MAX_PRESENT_DRIVERS = 64;
