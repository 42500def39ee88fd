import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type ProcessFacts, parseStat } from '../../base/process-scan.js';
import { OwnSlices } from '../../base/slices.js';

/** The number of read(2), by `process.arch`. */
const READ_CALLS: Readonly<Record<string, string>> = { x64: '0', arm64: '63' };
/** The major device numbers of /dev/pts, for 256 terminals each (devices.txt of the Linux kernel). */
const FIRST_PTS_MAJOR = 136;
const LAST_PTS_MAJOR = 143;
/**
 * Most processes and threads that are looked at: beyond them the answer is no, since asking must
 * stay cheap.
 */
const MAX_PROCESSES = 10_000;
const MAX_THREADS = 64;

/**
 * Whether a process in the foreground of a command's terminal is blocked in a read of it. False, too,
 * where the system does not tell: on other processors, and for processes that may not be looked into
 * (proc(5) `/proc/pid/syscall`).
 *
 * @param root where procfs is.
 */
export async function isReadingTerminal(pid: number, root = '/proc'): Promise<boolean> {
  const command = factsOf(root, String(pid));
  const device = command === undefined ? undefined : terminalPath(command.terminal);
  if (command === undefined || device === undefined) return false;
  const leader = join(root, String(command.foreground));
  return isBlocked(leader, device) || (await isAnyBlocked(root, command, device));
}

/** Whether any process of the group in the foreground is blocked in a read of the terminal. */
async function isAnyBlocked(
  root: string,
  { foreground, terminal }: ProcessFacts,
  device: string,
): Promise<boolean> {
  const slices = new OwnSlices();
  for (const pid of await processes(root)) {
    if (slices.isOver) await slices.next();
    const facts = factsOf(root, pid);
    const isThere = facts?.group === foreground && facts.terminal === terminal;
    if (isThere && isBlocked(join(root, pid), device)) return true;
  }
  return false;
}

async function processes(root: string): Promise<string[]> {
  const names = await readdir(root).catch(() => []);
  const pids = names.filter((name) => /^\d+$/.test(name));
  return pids.length > MAX_PROCESSES ? [] : pids;
}

function factsOf(root: string, pid: string): ProcessFacts | undefined {
  return parseStat(contents(join(root, pid, 'stat')) ?? '');
}

/** The pseudo-terminal of a `tty_nr`; undefined for any other device, and none. */
function terminalPath(device: number): string | undefined {
  const major = (device >>> 8) & 0xfff;
  const minor = (device & 0xff) | ((device >>> 12) & 0xfff00);
  if (major < FIRST_PTS_MAJOR || major > LAST_PTS_MAJOR) return undefined;
  return `/dev/pts/${(major - FIRST_PTS_MAJOR) * 256 + minor}`;
}

function isBlocked(process: string, device: string): boolean {
  return threads(process).some((thread) => {
    const call = contents(join(process, 'task', thread, 'syscall'))?.split(' ');
    if (call === undefined || call[0] !== readCall()) return false;
    const file = linkOf(join(process, 'fd', String(Number(call[1]))));
    // Programs that ask for passwords open the terminal as /dev/tty (tty(4)).
    return file === device || file === '/dev/tty';
  });
}

function readCall(): string | undefined {
  return READ_CALLS[process.arch];
}

function threads(process: string): string[] {
  try {
    return readdirSync(join(process, 'task')).slice(0, MAX_THREADS);
  } catch {
    return [];
  }
}

function contents(path: string): string | undefined {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return undefined;
  }
}

function linkOf(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    return undefined;
  }
}
