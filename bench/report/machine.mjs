import { execFileSync } from 'node:child_process';
import { cpus, loadavg, release, totalmem } from 'node:os';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '../..');

/** What the figures were measured on and with, by name. @returns {Record<string, string>} */
export function describeMachine() {
  const all = cpus();
  return {
    date: new Date().toISOString().slice(0, 16).replace('T', ' '),
    processor: `${all[0]?.model.trim() ?? 'unknown'}, ${all.length} cores`,
    memory: `${(totalmem() / 2 ** 30).toFixed(0)} GiB`,
    kernel: `Linux ${release()}`,
    'Node.js': process.versions.node,
    tmux: said('tmux', ['-V']).replace('tmux ', ''),
    OpenSSH: said('ssh', ['-V']),
    Triad: said('git', ['-C', ROOT, 'rev-parse', '--short', 'HEAD']),
    'load before': loadNow(),
  };
}

/** The load of the last minute, five and fifteen. */
export function loadNow() {
  return loadavg()
    .map((load) => load.toFixed(2))
    .join(' ');
}

/** ssh tells its version on standard error. @param {string} program @param {string[]} args */
function said(program, args) {
  try {
    const script = 'exec "$@" 2>&1';
    return execFileSync('sh', ['-c', script, 'sh', program, ...args], { encoding: 'utf8' }).trim();
  } catch {
    return 'unknown';
  }
}
