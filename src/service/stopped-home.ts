import { readdir } from 'node:fs/promises';
import { UnavailableError } from '../base/errors.js';
import type { Environment } from '../config/environment.js';
import { type Home, homeMark, runNotesPath } from '../config/home.js';
import { findTmux } from '../host/tmux/tmux-binary.js';
import { TmuxServer } from '../host/tmux/tmux-server.js';
import { RunNotes } from '../host/triad/left-panes.js';
import { endHome, endLeftSession } from '../host/triad/left-session.js';
import { runsOf } from '../host/triad/old-runs.js';
import { findRuns } from '../host/triad/runs.js';
import { LinkConnection } from '../link/link-connection.js';
import { findHost } from './home-lock.js';
import { sessionDirectory, sessionsDirectory, tmuxSocketIn } from './runtime-directory.js';

/** What goes on in a home whose gateway is gone. */
export interface StoppedHome {
  readonly home: Home;
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
    for (const session of sessions) await connection.call('endSession', { session });
    return sessions;
  } finally {
    connection.close();
  }
}

/** The names of the sessions that go on. */
export async function listLeftSessions(stopped: StoppedHome): Promise<string[]> {
  return (await findLeft(stopped)).names;
}

/**
 * Ends every session that goes on, with all that runs in it, wherever its sockets are, and returns their
 * names.
 *
 * @throws UnavailableError where a host lives that cannot be asked, or something cannot be ended.
 */
export async function endLeftSessions(stopped: StoppedHome): Promise<string[]> {
  const { home } = stopped;
  const host = await findHost(home);
  if (host !== undefined) {
    const hint = `wait a moment and try again, or end it with: kill ${host}; then: triad down --session`;
    const message = `triad runs in ${home.root} as process ${host}, and does not answer`;
    throw new UnavailableError(`${message}: its sockets may be gone`, { hint });
  }
  const { answering, names } = await findLeft(stopped);
  for (const { server, directory } of answering) await endLeftSession(server, directory);
  const notes = new Map(names.map((name) => [name, new RunNotes(runNotesPath(home, name))]));
  const left = await findRuns(homeMark(home));
  const runs = [...notes].flatMap(([name, note]) => runsOf(name, left, note.runs()));
  await endHome({ ...left, runs });
  for (const note of notes.values()) note.endedBy('by triad down --session');
  return names;
}

/** Which sessions have a server that answers, and the names of all that go on. */
async function findLeft(stopped: StoppedHome) {
  const { environment, runtimeDirectory } = stopped;
  const { runs, servers } = await findRuns(homeMark(stopped.home));
  const binary = await findTmux(environment.tmux, environment.clean);
  const inPlace = await readdir(sessionsDirectory(runtimeDirectory)).catch(() => []);
  const found = inPlace.map((name) => {
    const directory = sessionDirectory(runtimeDirectory, name);
    const socketPath = tmuxSocketIn(directory);
    const server = new TmuxServer({ binary, socketPath, env: environment.clean });
    return { name, directory, server };
  });
  const running = await Promise.all(found.map(({ server }) => server.isRunning()));
  const answering = found.filter((_, index) => running[index]);
  const names = [...answering.map(({ name }) => name), ...servers.keys()];
  const all = new Set([...names, ...runs.map(({ session }) => session)]);
  return { answering, names: [...all].sort() };
}
