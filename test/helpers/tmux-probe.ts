import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { TESTED_TMUX } from './tested-tmux.js';
import type { TriadHome } from './triad-home.js';

const run = promisify(execFile);

const PANES =
  '#{session_name} #{window_id} #{window_layout} #{window_flags} #{pane_id} #{pane_pid} #{pane_width}x#{pane_height}' +
  ' mode=#{pane_mode} active=#{pane_active} dead=#{pane_dead} marked=#{pane_marked} #{pane_title} #{cursor_x},#{cursor_y}';
const CLIENTS =
  '#{client_pid} #{client_session} #{client_width}x#{client_height} #{client_flags} #{client_key_table} #{client_prefix}';

export interface TmuxClientRow {
  readonly pid: number;
  readonly cols: number;
  readonly rows: number;
  readonly isReadOnly: boolean;
}

/** Looks at a session through its private tmux socket, past gateway and host. */
export class TmuxProbe {
  readonly socket: string;
  /** Names the session and its current window to tmux, which may choose a mirror's session otherwise. */
  readonly target: string;

  constructor(socket: string, session: string) {
    this.socket = socket;
    this.target = `=${session}:`;
  }

  /** The server of the first session of a home that is up. */
  static async of(home: TriadHome): Promise<TmuxProbe> {
    const [session] = (await home.status()).sessions;
    return new TmuxProbe(session?.socket ?? '', session?.name ?? '');
  }

  async ask(...args: string[]): Promise<string> {
    const options = { maxBuffer: 64 * 1024 * 1024 };
    const { stdout } = await run(TESTED_TMUX, ['-N', '-u', '-S', this.socket, ...args], options);
    return stdout.trimEnd();
  }

  /** What a format says of the session's current window and pane. */
  async say(format: string): Promise<string> {
    return this.ask('display-message', '-p', '-t', this.target, format);
  }

  /** The process id of the tmux server. */
  async serverPid(): Promise<number> {
    return Number(await this.ask('display-message', '-p', '#{pid}'));
  }

  /** The names of the sessions: the one, and those of mirrors. */
  async sessions(): Promise<string[]> {
    return (await this.ask('list-sessions', '-F', '#{session_name}')).split('\n');
  }

  /** The tmux clients with a terminal, mirrors among them; the control connection has none. */
  async clients(): Promise<TmuxClientRow[]> {
    const format =
      '#{client_control_mode} #{client_pid} #{client_width} #{client_height} #{client_readonly}';
    const rows = (await this.ask('list-clients', '-F', format)).split('\n');
    return rows
      .map((row) => row.split(' ').map(Number))
      .filter(([isControl]) => isControl === 0)
      .map(([, pid = 0, cols = 0, rows = 0, readOnly]) => ({
        pid,
        cols,
        rows,
        isReadOnly: readOnly === 1,
      }));
  }

  /** `COLSxROWS` of the session's current window. */
  async windowSize(): Promise<string> {
    return this.say('#{window_width}x#{window_height}');
  }

  /** Everything about the session that somebody who may not type must not change. */
  async snapshot(): Promise<string> {
    const panes = (await this.ask('list-panes', '-a', '-F', '#{pane_id}')).split('\n');
    const captures = panes.flatMap((id) => [';', 'capture-pane', '-p', '-e', '-S', '-', '-t', id]);
    const kinds = [['-s'], ['-g'], ['-gw'], ['-gH'], ['-t', this.target]];
    const options = kinds.flatMap((kind) => [';', 'show-options', ...kind]);
    const all = await this.ask(
      ...['list-panes', '-a', '-F', PANES, ';', 'list-clients', '-F', CLIENTS],
      ...[
        ';',
        'list-buffers',
        ';',
        'list-keys',
        ';',
        'show-environment',
        '-t',
        this.target,
        ...options,
        ...captures,
      ],
    );
    // People are shown some time after they came.
    return all.replace(/^@triad_presence .*\n/m, '');
  }
}
