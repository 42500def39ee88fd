import { join, resolve } from 'node:path';

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
  /** Of the gateway, and of the host where both are one process. */
  readonly log: string;
  /** Of a host in a process of its own. */
  readonly hostLog: string;
  readonly audit: string;
  /** What happened at the host. */
  readonly events: string;
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
    events: join(state, 'events.jsonl'),
    doorKey: join(state, 'pane-door.key'),
    recordedEvents: join(state, 'recorded-events.json'),
    run: join(state, 'run'),
  };
}
