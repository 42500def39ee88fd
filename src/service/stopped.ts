import type { Environment } from '../config/environment.js';
import { findTmux } from '../tmux/tmux-binary.js';
import { endLeft, findLeftSessions } from './host.js';

/** What goes on in a home whose gateway is gone. */
export interface StoppedHome {
  readonly environment: Environment;
  readonly runtimeDirectory: string;
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
