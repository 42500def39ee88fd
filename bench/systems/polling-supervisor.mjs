/**
 * A supervisor as overmind is one, to compare with: `node polling-supervisor.mjs TMUX_SOCKET COMMANDS`,
 * where COMMANDS is JSON: argument lists by name. Each command has a tmux window; every 100 ms it is
 * asked whether the process is there (kill(2) with signal 0), and one that is not is started again at
 * once. Prints `ready`, then a line of JSON for each end it sees.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

const INTERVAL_MS = 100;
const [socket = '', json = '{}'] = process.argv.slice(2);
/** @type {Record<string, string[]>} */
const commands = JSON.parse(json);
/** @type {Map<string, number>} */
const pids = new Map();

/** @param {readonly string[]} args */
function tmux(args) {
  return execFileSync('tmux', ['-S', socket, '-f', '/dev/null', ...args], { encoding: 'utf8' });
}

/** @param {string} name */
function learnPid(name) {
  const pid = tmux(['display-message', '-p', '-t', `peer:${name}`, '#{pane_pid}']);
  pids.set(name, Number(pid.trim()));
}

/**
 * Whether a process lives. Overmind asks by signal 0 alone, but Debian's tmux 3.3a loses ends, and
 * then a process that is dead and not reaped still answers it.
 *
 * @param {number} pid
 */
function isThere(pid) {
  try {
    process.kill(pid, 0);
    return !/\) [ZX]/.test(readFileSync(`/proc/${pid}/stat`, 'latin1'));
  } catch {
    return false;
  }
}

function look() {
  for (const [name, pid] of pids) {
    if (isThere(pid)) continue;
    process.stdout.write(`${JSON.stringify({ name, at: Date.now() })}\n`);
    tmux(['respawn-pane', '-k', '-t', `peer:${name}`, ...(commands[name] ?? [])]);
    learnPid(name);
  }
}

tmux(['new-session', '-d', '-s', 'peer', '-n', 'first', 'sleep 1000000']);
tmux(['set-option', '-g', 'remain-on-exit', 'on']);
for (const [name, argv] of Object.entries(commands)) {
  tmux(['new-window', '-d', '-t', 'peer:', '-n', name, ...argv]);
  learnPid(name);
}
setInterval(look, INTERVAL_MS);
process.stdout.write('ready\n');
