import { count, engineer, type ValueOf, z } from './schema.js';

export const MAX_PRESENT_DRIVERS = 64;

/** Who is attached to a session. */
export const presenceSchema = z.strictObject({
  /** The drivers, the one who typed last first; `MAX_PRESENT_DRIVERS` of them at most. */
  drivers: z.array(engineer).max(MAX_PRESENT_DRIVERS),
  /** How many watch, everybody counted. */
  observers: count,
});

export type Presence = ValueOf<typeof presenceSchema>;

export const NOBODY: Presence = { drivers: [], observers: 0 };
