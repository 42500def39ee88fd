import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { descendantsOf } from '../processes.mjs';
import { until } from '../waiting.mjs';
import { Stage } from './stage.mjs';
import { SIZE, System } from './system.mjs';

/** Where Debian's openssh-server has it; sshd starts itself again and must be called by its path. */
const SSHD = '/usr/sbin/sshd';
const PRIVILEGE_SEPARATION = '/run/sshd';
/** The same file that Triad's tmux reads. */
const TMUX_CONFIG = join(import.meta.dirname, '../../config/tmux.conf');
/** bash(1) started by sshd reads ~/.bashrc at the first level: somebody's may take as long as all the rest. */
const NO_BASHRC = 'SetEnv SHLVL=2';
const START_LIMIT_MS = 10_000;

/** Why sshd cannot run here; undefined where it can. */
export function sshdProblem() {
  return existsSync(SSHD) ? undefined : `there is no ${SSHD} (apt-get install openssh-server)`;
}

/**
 * Starts what people do without Triad: sshd, and `tmux attach` for everybody, `-r` for observers.
 *
 * @param {import('../bench.mjs').Bench} bench
 * @param {import('../cleanup.mjs').Cleanup} cleanup
 */
export async function startSshd(bench, cleanup) {
  const folder = mkdtempSync(bench.scratch.path('sshd-'));
  const stage = new Stage(join(folder, 'stage.sock'), cleanup);
  const tmuxSocket = startTmux(folder, stage, cleanup);
  const port = await findFreePort();
  const config = configure({ folder, tmuxSocket, port, scratch: bench.scratch });
  makePrivilegeSeparationFolder(cleanup);
  const sshd = spawn(SSHD, ['-D', '-e', '-f', config], { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  sshd.stderr.on('data', (/** @type {Buffer} */ bytes) => {
    said = (said + bytes.toString()).slice(-4096);
  });
  cleanup.defer(() => killAll(sshd.pid ?? 0));
  await until('sshd', () => existsSync(join(folder, 'pid')) || failed(sshd, said), START_LIMIT_MS);
  return new System({
    name: 'sshd + tmux',
    port,
    login: userInfo().username,
    stage,
    roots: [sshd.pid ?? 0],
    gatewayPid: sshd.pid ?? 0,
    tmuxSocket,
  });
}

/** @param {import('node:child_process').ChildProcess} sshd @param {string} said @returns {false} */
function failed(sshd, said) {
  if (sshd.exitCode !== null) throw new Error(`sshd ended: ${said}`);
  return false;
}

/** @param {string} folder @param {Stage} stage @param {import('../cleanup.mjs').Cleanup} cleanup */
function startTmux(folder, stage, cleanup) {
  const socket = join(folder, 'tmux.sock');
  const env = { ...process.env, TMUX: undefined, TMUX_PANE: undefined };
  /** @param {readonly string[]} args */
  const tmux = (...args) => execFileSync('tmux', ['-u', '-S', socket, ...args], { env });
  const size = ['-x', String(SIZE.cols), '-y', String(SIZE.rows)];
  cleanup.defer(() => tmux('kill-server'));
  tmux('-f', TMUX_CONFIG, 'new-session', '-d', '-s', 'pair', ...size, 'cat');
  tmux('split-window', '-h', '-d', '-t', 'pair', ...stage.command);
  tmux('select-layout', '-t', 'pair', 'even-horizontal');
  return socket;
}

/**
 * @param {{ folder: string, tmuxSocket: string, port: number, scratch: import('../scratch.mjs').Scratch }} parts
 * @returns {string} the path of sshd_config
 */
function configure({ folder, tmuxSocket, port, scratch }) {
  const attach = `exec tmux -u -S ${tmuxSocket} attach-session`;
  const grants = [
    [`${attach} -t pair`, 'driver'],
    [`${attach} -r -t pair`, 'observer'],
  ].map(([command, role]) => {
    const key = readFileSync(scratch.path(`${role ?? ''}.pub`), 'utf8');
    return `command="${command ?? ''}" ${key}`;
  });
  writeFileSync(join(folder, 'authorized_keys'), grants.join(''));
  const lines = [
    ...[`Port ${port}`, 'ListenAddress 127.0.0.1', `PidFile ${join(folder, 'pid')}`],
    ...[`HostKey ${scratch.path('sshd')}`, `AuthorizedKeysFile ${join(folder, 'authorized_keys')}`],
    ...['UsePAM no', 'StrictModes no', 'PasswordAuthentication no', 'PermitRootLogin yes'],
    ...['MaxStartups 10000', 'MaxSessions 100', 'LoginGraceTime 600', 'LogLevel QUIET'],
    ...['UseDNS no', 'PrintMotd no', 'PrintLastLog no', NO_BASHRC],
  ];
  const path = join(folder, 'sshd_config');
  writeFileSync(path, `${lines.join('\n')}\n`);
  return path;
}

/** What sshd demands when root starts it; a system whose sshd runs has it. @param {import('../cleanup.mjs').Cleanup} cleanup */
function makePrivilegeSeparationFolder(cleanup) {
  if (process.getuid?.() !== 0 || existsSync(PRIVILEGE_SEPARATION)) return;
  mkdirSync(PRIVILEGE_SEPARATION, { mode: 0o755 });
  cleanup.defer(() => rmSync(PRIVILEGE_SEPARATION, { recursive: true, force: true }));
}

/** @returns {Promise<number>} */
async function findFreePort() {
  const server = createServer();
  await new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve(undefined));
  });
  const address = server.address();
  await new Promise((resolve) => {
    server.close(resolve);
  });
  if (address === null || typeof address === 'string') throw new Error('no port is free');
  return address.port;
}

/**
 * Ends a listener with the processes of its connections, which would outlive it. @param {number}
 * listener
 */
function killAll(listener) {
  for (const pid of descendantsOf([listener])) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It has ended by itself.
    }
  }
}
