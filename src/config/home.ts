import { statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The checkout or package that this program is part of. */
export const PACKAGE_ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** Where the gateway answers the local program; relative to the runtime directory. */
export const CONTROL_SOCKET = 'control.sock';
/** Where the host answers the gateway; relative to the runtime directory. */
export const LINK_SOCKET = 'link.sock';

/** Where everything of one installation lies: `TRIAD_HOME`. */
export interface Home {
  readonly root: string;
  readonly keys: string;
  readonly authorizedKeys: string;
  readonly config: string;
  readonly gatewayYaml: string;
  readonly triadYaml: string;
  readonly tmuxConf: string;
  readonly state: string;
  /** The log of the gateway, and of the host where both are one process. */
  readonly log: string;
  /** The log of a host in a process of its own. */
  readonly hostLog: string;
  readonly audit: string;
  /** The log files of panes, each session's in a folder of its own. */
  readonly paneLogs: string;
  /** The events of the host. */
  readonly events: string;
  /** Held by the process that is the host. */
  readonly hostLock: string;
  /** Held by the process that is the gateway. */
  readonly gatewayLock: string;
  /** The secret behind the tokens of panes. */
  readonly doorKey: string;
  /** Which of the host's events the audit has. */
  readonly recordedEvents: string;
  /** Sockets; a link to a private directory elsewhere where the path would be too long for them. */
  readonly run: string;
}

export function homeAt(directory: string): Home {
  const root = resolve(directory);
  const [keys, config, state] = [join(root, 'keys'), join(root, 'config'), join(root, 'state')];
  return {
    root,
    keys,
    authorizedKeys: join(keys, 'authorized_keys'),
    config,
    gatewayYaml: join(config, 'gateway.yaml'),
    triadYaml: join(config, 'triad.yaml'),
    tmuxConf: join(config, 'tmux.conf'),
    state,
    log: join(state, 'triad.log'),
    hostLog: join(state, 'host.log'),
    audit: join(state, 'audit.jsonl'),
    paneLogs: join(state, 'logs'),
    events: join(state, 'events.jsonl'),
    hostLock: join(state, 'host.lock'),
    gatewayLock: join(state, 'gateway.lock'),
    doorKey: join(state, 'pane-door.key'),
    recordedEvents: join(state, 'recorded-events.json'),
    run: join(state, 'run'),
  };
}

/** What tells a home from all others by whatever path, also where `state/` was removed. */
export function homeMark({ root }: Home): string {
  const { dev, ino } = statSync(root);
  return `${dev}-${ino}`;
}

/** Where it is noted what runs in a session. */
export function runNotesPath({ state }: Home, session: string): string {
  return join(state, 'runs', `${session}.json`);
}
