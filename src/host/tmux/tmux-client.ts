import type { TerminalSize } from '../../base/terminal-size.js';
import { PtyProcess } from './pty-process.js';
import { terminalFeatures, usableTerminalType } from './terminal-type.js';
import type { TmuxServer } from './tmux-server.js';

/** How long a tmux client that was told to end may take before it is killed. */
const END_LIMIT_MS = 2_000;

export interface TmuxClientOptions {
  readonly server: TmuxServer;
  readonly sessionId: string;
  readonly term: string;
  readonly size: TerminalSize;
  readonly onOutput: (bytes: Uint8Array) => void;
  /** How much it may be given now, and what was just written into it. */
  readonly inputRoom: () => number;
  readonly onInput: (bytes: Uint8Array) => void;
}

/** Starts a tmux client on a session in a pty of its own; killing its process detaches it. */
export function openTmuxClient(options: TmuxClientOptions): PtyProcess {
  const { server, size, onOutput, onInput, inputRoom } = options;
  const term = usableTerminalType(options.term);
  const features = terminalFeatures(term);
  const file = server.binary.path;
  const args = [
    ...['-N', '-u', '-S', server.socketPath],
    ...(features === '' ? [] : ['-T', features]),
    ...['attach-session', '-t', options.sessionId],
  ];
  const client = PtyProcess.spawn({
    file,
    args,
    env: { ...server.env, TERM: term },
    cwd: '/',
    size,
    onOutput,
    onInput,
    inputRoom,
  });
  server.addClient(client.pid, client.exited);
  return client;
}

/** Tells a tmux client to end, and kills one that does not. */
export function endTmuxClient(client: PtyProcess): void {
  client.kill('SIGTERM');
  const killer = setTimeout(() => client.kill('SIGKILL'), END_LIMIT_MS);
  void client.exited.finally(() => clearTimeout(killer));
}

/** Makes tmux take it for a resize: it forgets what it knows of the terminal and draws everything. */
export function repaintTmuxClient(client: PtyProcess): void {
  client.kill('SIGWINCH');
}
