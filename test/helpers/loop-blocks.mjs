/**
 * Loaded before a program (`node --import`): tells how long its event loop was blocked at most. SIGUSR2
 * writes that into the file `blocks-COMMAND` of its home, in ms, and begins anew.
 *
 * The histogram measures time on the wall. On a machine with more to do than cores the kernel takes the core
 * away from a process that blocks nobody, or keeps it from a thread or a child that is waited for. So what the
 * main thread waited for a core is taken off, and nothing counts for more than it computed: proc(5), schedstat.
 */
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';

const LOOK_MS = 50;
const path = `${process.env['TRIAD_HOME']}/blocks-${process.argv[2]}`;
const delays = monitorEventLoopDelay({ resolution: 1 });
let longest = 0;
let before = usage();

delays.enable();
setInterval(look, LOOK_MS).unref();

function look() {
  const now = usage();
  const blocked = delays.max / 1e6 - (now.waited - before.waited);
  longest = Math.max(longest, Math.min(blocked, now.computed - before.computed));
  before = now;
  delays.reset();
}

/** How long the main thread has computed and waited for a core so far, in ms. */
function usage() {
  const words = readFileSync(`/proc/self/task/${process.pid}/schedstat`, 'utf8').split(' ');
  const [computed, waited] = words.map((nanoseconds) => Number(nanoseconds) / 1e6);
  return { computed, waited };
}

process.on('SIGUSR2', () => {
  look();
  writeFileSync(`${path}.new`, JSON.stringify(longest));
  renameSync(`${path}.new`, path);
  longest = 0;
});
