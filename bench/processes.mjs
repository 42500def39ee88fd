import { readdirSync, readFileSync } from 'node:fs';

const NS_PER_MS = 1e6;
/** USER_HZ, which Linux reports in proc(5) whatever its own clock. */
const TICK_MS = 10;

/**
 * All processes that descend from `roots`, and these themselves.
 *
 * @param {readonly number[]} roots @returns {number[]}
 */
export function descendantsOf(roots) {
  const children = childrenByParent();
  const found = new Set(roots);
  for (const pid of found) {
    for (const child of children.get(pid) ?? []) found.add(child);
  }
  return [...found];
}

function childrenByParent() {
  /** @type {Map<number, number[]>} */
  const children = new Map();
  for (const name of readdirSync('/proc')) {
    const parent = /^\d+$/.test(name) ? findStat(Number(name))?.parent : undefined;
    if (parent === undefined) continue;
    children.set(parent, [...(children.get(parent) ?? []), Number(name)]);
  }
  return children;
}

/**
 * CPU time that the processes have used, in ms: of those that run, and of their children that have
 * ended. A process that ended between two readings is in the second by its parent.
 *
 * @param {readonly number[]} pids
 */
export function cpuMsOf(pids) {
  return sum(pids.map((pid) => ownCpuMsOf(pid) + (findStat(pid)?.childrenTicks ?? 0) * TICK_MS));
}

/** CPU time of one process without its children, in ms, to the nanosecond. @param {number} pid */
export function ownCpuMsOf(pid) {
  const folder = `/proc/${pid}/task`;
  const threads = listOrNothing(folder);
  const times = threads.map((thread) => readOrNothing(`${folder}/${thread}/schedstat`));
  return sum(times.map((text) => Number(text.split(' ')[0]))) / NS_PER_MS;
}

/**
 * Memory of the processes, what they share being divided among those who share it (PSS).
 *
 * @param {readonly number[]} pids
 */
export function memoryBytesOf(pids) {
  const texts = pids.map((pid) => readOrNothing(`/proc/${pid}/smaps_rollup`));
  return sum(texts.map((text) => Number(/^Pss:\s+(\d+)/m.exec(text)?.[1] ?? 0))) * 1024;
}

/** Memory that could be used without swapping. */
export function availableMemoryBytes() {
  const text = readFileSync('/proc/meminfo', 'utf8');
  return Number(/^MemAvailable:\s+(\d+)/m.exec(text)?.[1] ?? 0) * 1024;
}

/** @param {number} pid */
function findStat(pid) {
  const text = readOrNothing(`/proc/${pid}/stat`);
  // The name of the program may contain anything, a closing bracket included.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const [parent, userTicks, systemTicks] = [fields[1], fields[13], fields[14]].map(Number);
  if (text === '' || parent === undefined) return undefined;
  return { parent, childrenTicks: (userTicks ?? 0) + (systemTicks ?? 0) };
}

/** A process may end at any moment. @param {string} path */
function readOrNothing(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

/** @param {string} path */
function listOrNothing(path) {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}

/** @param {readonly number[]} values */
function sum(values) {
  return values.reduce((total, value) => total + value, 0);
}
