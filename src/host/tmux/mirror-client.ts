import type { TerminalSize } from '../../base/terminal-size.js';
import { PtyProcess } from './pty-process.js';
import { MIRROR_PACE } from './read-pace.js';
import { SyncMarkers } from './sync-markers.js';
import { TerminalAnswers } from './terminal-answers.js';
import type { TmuxServer } from './tmux-server.js';

const TERM = 'xterm-256color';
/** A session's user option, set for those that are made here. */
const MARK = '@triad_mirror';
/** What the screen model understands; `sync` brackets each redraw, so that no torn screen is shown. */
const FEATURES = '256,RGB,ccolour,cstyle,overline,strikethrough,sync';

export interface MirrorClientOptions {
  readonly server: TmuxServer;
  /** The tmux id of the session to show. */
  readonly sessionId: string;
  /** Of the grouped session that is made for it; plain letters, digits and dashes. */
  readonly name: string;
  readonly size: TerminalSize;
  readonly onOutput: (bytes: Uint8Array) => void;
}

/**
 * Starts a read-only tmux client on a grouped session of its own, without a status line and without
 * keys. The session goes when its client does, even if that was killed.
 */
export function openMirrorClient(options: MirrorClientOptions): PtyProcess {
  const { server, sessionId, name, size, onOutput } = options;
  const session = grouped(name);
  const commands = [
    ['new-session', '-d', '-E', '-t', sessionId, '-s', name],
    ['set-option', '-t', session, MARK, '1'],
    ['set-option', '-t', session, 'status', 'off'],
    ['set-option', '-t', session, 'prefix', 'None'],
    ['set-option', '-t', session, 'prefix2', 'None'],
    ['set-option', '-t', session, 'key-table', 'mirror'],
    // Not `destroy-unattached`: a suspended client does not count as attached, and tmux 3.3a then crashes.
    ['set-hook', '-t', session, 'client-detached', `kill-session -t ${session}`],
    ['attach-session', '-E', '-t', session, '-f', 'read-only,ignore-size'],
  ];
  const markers = new SyncMarkers();
  const answers = new TerminalAnswers((bytes) => client.write(bytes));
  const client: PtyProcess = PtyProcess.spawn({
    file: server.binary.path,
    args: [
      ...['-N', '-u', '-S', server.socketPath, '-T', FEATURES],
      ...commands.flatMap((command, index) => (index === 0 ? command : [';', ...command])),
    ],
    env: { ...server.env, TERM },
    cwd: '/',
    size,
    pace: MIRROR_PACE,
    onOutput: (bytes) => {
      answers.read(bytes);
      const output = markers.translate(bytes);
      if (output.length > 0) onOutput(output);
    },
  });
  server.addClient(client.pid, client.exited);
  return client;
}

/**
 * Ends the grouped sessions that a killed host has left on a server: one stays where somebody moved
 * its client away before. Only for whoever manages the server alone, and has no mirror yet.
 *
 * @throws TmuxError with tmux's words.
 */
export async function endLeftMirrors(server: TmuxServer): Promise<void> {
  const sessions = await server.rows('list-sessions', { id: 'session_id', isMirror: MARK });
  for (const { id } of sessions.filter(({ isMirror }) => isMirror)) {
    // It may end by itself at this moment, as one does whose client is just going.
    await server.run(['kill-session', '-t', id]).catch(() => undefined);
  }
}

/** A grouped session by its whole name (tmux(1), COMMANDS: `=` forbids a prefix match). */
export function grouped(name: string): string {
  return `=${name}:`;
}
