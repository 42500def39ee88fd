import { constants } from 'node:os';

/** `SIGKILL` for 9; a number the system has no name for as `SIG64`. */
export function signalName(signal: number): string {
  const entry = Object.entries(constants.signals).find(([, number]) => number === signal);
  return entry?.[0] ?? `SIG${signal}`;
}
