import { homedir, tmpdir, type UserInfo, userInfo } from 'node:os';
import { resolve } from 'node:path';
import { ConfigurationError } from '../base/errors.js';

/** What Triad takes from its environment; nothing else in `src/` reads it. */
export interface Environment {
  /** TRIAD_HOME, where it is set. */
  readonly home: string | undefined;
  /** TRIAD_TMUX: the tmux to use, a path or a name on PATH. */
  readonly tmux: string;
  /** Where private sockets may go when the home's path is too long for them, in this order. */
  readonly socketDirectories: readonly string[];
  /** TRIAD_DOOR and TRIAD_PANE_TOKEN: the way in for a command that runs in a pane. */
  readonly door: { readonly socket: string; readonly token: string } | undefined;
  readonly userHome: string;
  readonly login: string;
  readonly isRoot: boolean;
  /** INIT_CWD: where the person is who runs a script of `npm`, which works in the package's folder. */
  readonly callerFolder: string | undefined;
  /** Whether a terminal may be given colours: https://no-color.org, and terminals that have none. */
  readonly allowsColour: boolean;
  /**
   * The environment of tmux and all in it: what a login would set, and nothing that may be a
   * secret.
   */
  readonly clean: Readonly<Record<string, string>>;
  /** Every variable, for a pane's `env` entry that passes one on. */
  readonly all: Readonly<Record<string, string>>;
}

/** Variables that describe the person and the machine, not a program's settings. */
const CLEAN_NAMES =
  /^(PATH|HOME|USER|LOGNAME|SHELL|LANG|LANGUAGE|LC_[A-Z]+|TZ|TMPDIR|XDG_RUNTIME_DIR|TERMINFO|TERMINFO_DIRS)$/;
const FALLBACK_PATH = '/usr/local/bin:/usr/bin:/bin';

export function readEnvironment(variables: NodeJS.ProcessEnv = process.env): Environment {
  const all = Object.fromEntries(
    Object.entries(variables).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, value]],
    ),
  );
  const { username, shell, uid } = findAccount();
  return {
    home: all['TRIAD_HOME'] || undefined,
    tmux: programPath(all['TRIAD_TMUX'] || 'tmux'),
    socketDirectories: [all['XDG_RUNTIME_DIR'], tmpdir(), '/tmp']
      .filter((path) => !!path)
      .map(String),
    door: paneDoor(all),
    userHome: homedir(),
    login: username,
    isRoot: uid === 0,
    callerFolder: all['npm_lifecycle_event'] === undefined ? undefined : all['INIT_CWD'],
    allowsColour: !all['NO_COLOR'] && !['', 'dumb'].includes(all['TERM'] ?? ''),
    clean: cleanEnvironment(all, shell),
    all,
  };
}

/** @throws ConfigurationError where this runs as a number only, as in some containers: OpenSSH refuses that, too. */
function findAccount(): UserInfo<string> {
  try {
    return userInfo();
  } catch (cause) {
    const hint = 'start it as a user that is in /etc/passwd, or add this one there (useradd --uid)';
    const message = `no account has the user id ${process.getuid?.()} of this process`;
    throw new ConfigurationError(message, { hint, cause });
  }
}

function paneDoor(all: Readonly<Record<string, string>>): Environment['door'] {
  const { TRIAD_DOOR: socket, TRIAD_PANE_TOKEN: token } = all;
  return socket && token ? { socket, token } : undefined;
}

/** A path is relative to where we were started, not to where it is run. */
function programPath(program: string): string {
  return program.includes('/') ? resolve(program) : program;
}

function cleanEnvironment(
  all: Readonly<Record<string, string>>,
  shell: string | null,
): Record<string, string> {
  const kept = Object.entries(all).filter(([name]) => CLEAN_NAMES.test(name));
  const clean: Record<string, string> = {
    PATH: FALLBACK_PATH,
    HOME: homedir(),
    SHELL: shell ?? '/bin/sh',
    ...Object.fromEntries(kept),
  };
  const locale = clean['LC_ALL'] ?? clean['LC_CTYPE'] ?? clean['LANG'] ?? '';
  if (!/utf-?8/i.test(locale)) {
    delete clean['LC_ALL'];
    clean['LC_CTYPE'] = 'C.UTF-8';
  }
  return clean;
}
