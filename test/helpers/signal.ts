/** Sends a signal to a process. @throws Error where there is none: 0 would be all of the tests. */
export function signalNow(pid: number | null | undefined, signal: NodeJS.Signals): void {
  if (!pid) throw new Error('no process to send a signal to');
  process.kill(pid, signal);
}
