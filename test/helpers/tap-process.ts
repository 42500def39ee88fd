import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The process that reads a pane's output, by the folder of its socket; NaN where there is none. */
export function tapOf(directory: string, name: string): number {
  const socket = join(directory, 'taps.sock');
  const pids = readdirSync('/proc').filter((entry) => /^\d+$/.test(entry));
  const found = pids.find((pid) => {
    try {
      const [, at, pane] = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
      return at === socket && pane === name;
    } catch {
      return false;
    }
  });
  return Number(found);
}
