import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { TerminalSize } from '../../base/terminal-size.js';
import { PtyProcess } from './pty-process.js';
import type { TmuxServer } from './tmux-server.js';

/** How long a tmux client may take to end after SIGTERM before it is killed. */
const END_LIMIT_MS = 2_000;

export interface TmuxClientOptions {
  readonly server: TmuxServer;
  readonly sessionId: string;
  readonly term: string;
  readonly size: TerminalSize;
  readonly onOutput: (bytes: Uint8Array) => void;
  /** How much input the client may get now, and a callback for what was just written into it. */
  readonly inputRoom: () => number;
  readonly onInput: (bytes: Uint8Array) => void;
}

/** Starts a tmux client on a session in a pty of its own; killing its process detaches it. */
export function openTmuxClient(options: TmuxClientOptions): PtyProcess {
  const { server, size, onOutput, onInput, inputRoom } = options;
  const term = usableTerminalType(options.term);
  const features = terminalFeatures(term);
  const file = server.program.path;
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

/** Ends a tmux client by SIGTERM, and kills one that does not end. */
export function endTmuxClient(client: PtyProcess): void {
  client.kill('SIGTERM');
  const killer = setTimeout(() => client.kill('SIGKILL'), END_LIMIT_MS);
  void client.exited.finally(() => clearTimeout(killer));
}

/** Has tmux draw everything, by a signal that it takes for a resize (tty.c, tty_resize). */
export function repaintTmuxClient(client: PtyProcess): void {
  client.kill('SIGWINCH');
}

/** The type of a client whose own cannot be used: nearly every terminal understands it. */
const FALLBACK = 'xterm-256color';
/** Terminal types on which tmux can draw; others may have an entry without `clear` (terminfo(5)). */
const FAMILIES =
  /^(xterm|screen|tmux|linux|vt100|vt102|vt220|vt320|rxvt|alacritty|foot|wezterm|st|konsole|gnome|vte|putty|cygwin|mintty|iterm2?|mlterm|contour|ghostty|kitty|eterm|nsterm|ms-terminal)([-+.][a-zA-Z0-9+.-]*)?$/i;
/** Longer names are refused: the longest in the terminfo database has half of this. */
const MAX_NAME_LENGTH = 64;
/** Folders of terminfo(5) entries, which are by first letter or its hexadecimal code. */
const DATABASES = ['/etc/terminfo', '/lib/terminfo', '/usr/share/terminfo', '/usr/lib/terminfo'];

/** The terminal type for a tmux client: the one asked for where this host knows it. */
export function usableTerminalType(term: string): string {
  if (term.length > MAX_NAME_LENGTH || !FAMILIES.test(term)) return FALLBACK;
  return hasTerminfoEntry(term) ? term : FALLBACK;
}

/**
 * The features of a terminal beyond its terminfo entry, for tmux -T (tmux(1), terminal-features): today's
 * terminals have 24-bit colour, bracketed paste and extended keys, but their entries do not tell.
 */
export function terminalFeatures(usableType: string): string {
  const isPlain = /^(linux|vt\d+|cygwin|screen)$/.test(usableType);
  return isPlain ? '' : '256,RGB,bpaste,ccolour,cstyle,extkeys,mouse,overline,strikethrough';
}

function hasTerminfoEntry(term: string): boolean {
  const first = term.charAt(0);
  const code = first.charCodeAt(0).toString(16);
  return DATABASES.some(
    (database) => existsSync(join(database, first, term)) || existsSync(join(database, code, term)),
  );
}
