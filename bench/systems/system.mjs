import { execFileSync } from 'node:child_process';
import { cpuMsOf, descendantsOf, memoryBytesOf, ownCpuMsOf } from '../processes.mjs';

/** How large every terminal is. */
export const SIZE = { cols: 160, rows: 48 };

/**
 * @typedef {object} Parts
 * @property {string} name
 * @property {number} port
 * @property {string} login the SSH user
 * @property {import('./stage.mjs').Stage} stage
 * @property {readonly number[]} roots the processes that serve, with whatever descends from them
 * @property {number} gatewayPid the one that people are connected to
 * @property {string} tmuxSocket
 */

/** One of the things compared: a tmux session of two panes that people reach over SSH. */
export class System {
  /** @type {string} */
  name;
  /** @type {number} */
  port;
  /** @type {string} */
  login;
  /** @type {import('./stage.mjs').Stage} */
  stage;
  /** @type {string} */
  tmuxSocket;
  #roots;
  #gatewayPid;

  /** @param {Parts} parts */
  constructor(parts) {
    this.name = parts.name;
    this.port = parts.port;
    this.login = parts.login;
    this.stage = parts.stage;
    this.tmuxSocket = parts.tmuxSocket;
    this.#roots = [...parts.roots, tmuxServerPid(parts.tmuxSocket)];
    this.#gatewayPid = parts.gatewayPid;
  }

  /** What gateway, host, sshd, tmux server and tmux clients have used; what runs in the panes apart. */
  cpuMs() {
    return cpuMsOf(this.#processes());
  }

  gatewayCpuMs() {
    return ownCpuMsOf(this.#gatewayPid);
  }

  memoryBytes() {
    return memoryBytesOf(this.#processes());
  }

  #processes() {
    const tmuxServer = this.#roots.at(-1) ?? 0;
    return [...descendantsOf(this.#roots.slice(0, -1)), tmuxServer];
  }
}

/** @param {string} socket */
function tmuxServerPid(socket) {
  const args = ['-N', '-S', socket, 'display-message', '-p', '#{pid}'];
  return Number(execFileSync('tmux', args, { encoding: 'utf8' }));
}
