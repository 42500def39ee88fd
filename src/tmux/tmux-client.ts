import type { TerminalSize } from '../base/terminal-size.js';
import { PtyProcess } from './pty-process.js';
import { terminalFeatures, usableTerminalType } from './terminal-type.js';
import type { TmuxServer } from './tmux-server.js';

export interface TmuxClientOptions {
  readonly server: TmuxServer;
  readonly sessionId: string;
  readonly term: string;
  readonly size: TerminalSize;
  readonly onOutput: (bytes: Uint8Array) => void;
}

/** Starts a tmux client on a session in a pty of its own; killing its process detaches it. */
export function openTmuxClient(options: TmuxClientOptions): PtyProcess {
  const { server, size, onOutput } = options;
  const term = usableTerminalType(options.term);
  const features = terminalFeatures(term);
  const file = server.binary.path;
  const args = [
    ...['-N', '-u', '-S', server.socketPath],
    ...(features === '' ? [] : ['-T', features]),
    ...['attach-session', '-t', options.sessionId],
  ];
  return PtyProcess.spawn({
    file,
    args,
    env: { ...server.env, TERM: term },
    cwd: '/',
    size,
    onOutput,
  });
}
