import type { Environment } from '../config/environment.js';
import { LinkConnection } from '../link/link-connection.js';
import { findTmux } from '../tmux/tmux-binary.js';
import { endLeft, findLeftSessions } from './host.js';

/** What goes on in a home whose gateway is gone. */
export interface StoppedHome {
  readonly environment: Environment;
  readonly runtimeDirectory: string;
}

/**
 * Ends every session of a host that runs without a gateway, and returns their names; undefined where
 * no host runs.
 */
export async function endHostSessions(linkSocket: string): Promise<string[] | undefined> {
  const connection = await LinkConnection.open(linkSocket);
  if (connection === undefined) return undefined;
  try {
    const sessions = (await connection.call('describe', {})).map(({ name }) => name);
    for (const session of sessions) await connection.call('end-session', { session });
    return sessions;
  } finally {
    connection.close();
  }
}

/** The names of the sessions that go on. */
export async function listLeftSessions(stopped: StoppedHome): Promise<string[]> {
  return findLeftSessions(await leftOptions(stopped));
}

/** Ends every session that goes on, and returns their names. */
export async function endLeftSessions(stopped: StoppedHome): Promise<string[]> {
  const options = await leftOptions(stopped);
  const names = await findLeftSessions(options);
  for (const name of names) await endLeft(options, name);
  return names;
}

async function leftOptions({ environment, runtimeDirectory }: StoppedHome) {
  const binary = await findTmux(environment.tmux, environment.clean);
  return { binary, runtimeDirectory, env: environment.clean };
}
