import { lstat, readdir, readFile, statfs } from 'node:fs/promises';
import os from 'node:os';
import { join, relative } from 'node:path';
import { systemCode } from './demo-error.js';

/** Something the worker can do: it looks, and changes nothing. */
export interface Action {
  readonly name: string;
  readonly purpose: string;
  /** Does it, in the current directory where that matters, and says in a sentence what was found. */
  readonly perform: () => Promise<string>;
}

/** Everything the worker may choose from. */
export const ACTIONS: readonly Action[] = [
  { name: 'load', purpose: 'how busy the processors are', perform: measureLoad },
  { name: 'ram', purpose: 'how much RAM is free', perform: measureRam },
  { name: 'disk', purpose: 'how full the file system is', perform: measureDisk },
  { name: 'uptime', purpose: 'how long the machine has been up', perform: measureUptime },
  { name: 'processes', purpose: 'how many processes run', perform: countProcesses },
  { name: 'files', purpose: 'which files here are the largest', perform: findLargestFiles },
  { name: 'commits', purpose: 'what changed here last', perform: findLastCommits },
];

async function measureLoad(): Promise<string> {
  const [one = 0, five = 0, fifteen = 0] = os.loadavg();
  const averages = [one, five, fifteen].map((value) => value.toFixed(2)).join(' ');
  return Promise.resolve(`load ${averages} on ${os.availableParallelism()} processors`);
}

async function measureRam(): Promise<string> {
  return Promise.resolve(`ram ${gigabytes(os.freemem())} free of ${gigabytes(os.totalmem())}`);
}

async function measureDisk(): Promise<string> {
  const { bsize, bavail, blocks } = await statfs('.');
  return `disk ${gigabytes(bavail * bsize)} free of ${gigabytes(blocks * bsize)}`;
}

async function measureUptime(): Promise<string> {
  const hours = os.uptime() / 3600;
  const span = hours < 48 ? `${hours.toFixed(1)} hours` : `${(hours / 24).toFixed(1)} days`;
  return Promise.resolve(`up ${span}, Linux ${os.release()}`);
}

async function countProcesses(): Promise<string> {
  const names = await readdir('/proc');
  return `${names.filter((name) => /^\d+$/.test(name)).length} processes`;
}

/** A walk ends here: a checkout has fewer, and a worker in `/` must not read for minutes. */
const MAX_ENTRIES = 5000;

async function findLargestFiles(): Promise<string> {
  const root = process.cwd();
  const found: { path: string; bytes: number }[] = [];
  let seen = 0;
  for await (const path of walk(root)) {
    if (++seen > MAX_ENTRIES) break;
    // A file may be gone since its directory was read.
    const stats = await lstat(path).catch(() => undefined);
    if (stats?.isFile() === true) found.push({ path: relative(root, path), bytes: stats.size });
  }
  const largest = found.toSorted((a, b) => b.bytes - a.bytes).slice(0, 3);
  const list = largest.map(({ path, bytes }) => `${path} ${Math.ceil(bytes / 1024)} KB`);
  return `largest of ${found.length} files: ${list.join(', ')}`;
}

/** The files below `directory`, without hidden, installed and built ones; follows no links. */
async function* walk(directory: string): AsyncGenerator<string> {
  const entries = await readdir(directory, { withFileTypes: true }).catch(() => []);
  for (const entry of entries) {
    if (/^(?:\..*|node_modules|dist|keys|state)$/.test(entry.name)) continue;
    const path = join(directory, entry.name);
    if (entry.isDirectory()) yield* walk(path);
    else yield path;
  }
}

async function findLastCommits(): Promise<string> {
  try {
    const log = await readFile('.git/logs/HEAD', 'utf8');
    const subjects = log.trimEnd().split('\n').slice(-3).reverse().map(subjectOf);
    return `last in git: ${subjects.join('; ')}`;
  } catch (error) {
    if (systemCode(error) === undefined) throw error;
    return 'no git history here';
  }
}

/** A line of git's reflog is `old new name <mail> time zone TAB what: subject`. */
function subjectOf(line: string): string {
  return (line.split('\t')[1] ?? '').slice(0, 60);
}

function gigabytes(bytes: number): string {
  return `${(bytes / 1024 ** 3).toFixed(1)} GB`;
}
