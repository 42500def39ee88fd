import { statSync } from 'node:fs';
import { readdir, realpath } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PROCESS_STARTS } from '../base/child-process.js';
import { SYSTEM_CLOCK } from '../base/clock.js';
import { FILE_DESCRIPTORS } from '../base/descriptors.js';
import type { Disposal } from '../base/disposal.js';
import type { NewHostEvent } from '../base/host-event.js';
import type { PaneName, SessionName } from '../base/ids.js';
import type { LoopShare } from '../base/loop-share.js';
import type { Part } from '../base/part.js';
import { EventLog } from '../host/events/event-log.js';
import { createPaneHealth } from '../host/health/watched-pane.js';
import { DoorKey } from '../host/pane-door/door-key.js';
import type { SessionPlan } from '../host/plan/session-plan.js';
import type { HostSessionOptions } from '../host/session/host-session.js';
import { LocalHost, type LocalHostOptions } from '../host/session/local-host.js';
import { watchParts } from '../host/session/parts-on-record.js';
import { ProcessTable } from '../host/tap/process-table.js';
import { SessionTaps } from '../host/tap/session-taps.js';
import type { TmuxBinary } from '../host/tmux/tmux-binary.js';
import { TmuxServer } from '../host/tmux/tmux-server.js';
import { endLeftSession } from '../host/triad/left-session.js';
import { findRuns, RUN_VARIABLE } from '../host/triad/runs.js';
import type { Logger } from '../log/logger.js';
import { makeLauncher } from './launcher.js';
import { PREFIX, requireSocketRoom, runtimeFolder } from './runtime-directory.js';
import { openDirectory } from './writable.js';

/** Built beside the compiled code (scripts/setup.mjs). */
const KEEPER = fileURLToPath(new URL('../host/keeper/keeper', import.meta.url));
const TAP = fileURLToPath(new URL('../host/tap/tap', import.meta.url));
/** What this process gets of the machine. */
const MACHINE = [FILE_DESCRIPTORS, PROCESS_STARTS];

/** Holds one directory per session, relative to the runtime directory. */
const SESSIONS = 'tmux';

export interface HostServiceOptions
  extends Pick<LocalHostOptions, 'plans' | 'readPlans' | 'onSessions'> {
  readonly binary: TmuxBinary;
  /** What all who ask may cost, in this process. */
  readonly share: LoopShare;
  /** Private directory for sockets. */
  readonly runtimeDirectory: string;
  /** What people know it by: `state/run`. */
  readonly runtimeLink: string;
  /** What else is to be watched. */
  readonly parts: readonly Part[];
  readonly tmuxConfigPath: string;
  /** `state/events.jsonl` */
  readonly eventsPath: string;
  /** `state/pane-door.key` */
  readonly doorKeyPath: string;
  /** The home; windows that drivers open start there. */
  readonly root: string;
  readonly stateDirectory: string;
  /** Environment of tmux and all that runs in it. */
  readonly env: Readonly<Record<string, string>>;
  readonly log: Logger;
  /** Where log files of panes are, each session's in a folder of its own. */
  readonly logDirectory: string;
  /** A session was found running with other panes than planned. */
  readonly onDifferent: (session: SessionName, panes: readonly PaneName[]) => void;
}

/** Builds the host: one tmux server per session, each in a private directory of its own. */
export async function createHost(
  options: HostServiceOptions,
  disposal: Disposal,
): Promise<LocalHost> {
  const { plans, readPlans, onSessions, runtimeDirectory, tmuxConfigPath, env, log } = options;
  const clock = SYSTEM_CLOCK;
  const home = homeMark(options.root);
  const processes = new ProcessTable({ clock });
  const doorKey = await DoorKey.open(options.doorKeyPath);
  const launcher = await makeLauncher(runtimeDirectory);
  const events = EventLog.open({ path: options.eventsPath, clock, log });
  disposal.defer(() => events.close());
  const readAll = async () => {
    const read = await readPlans();
    requireSocketRoom(runtimeDirectory, longestSocketName(read));
    return read;
  };
  const record = (event: NewHostEvent) => events.record(event).number;
  const parts = watchParts({ clock, log, record }, null);
  disposal.defer(() => parts.close());
  const files = [launcher.file, doorKey.file, events.part, runtimeFolder(options)];
  parts.add(...MACHINE, ...options.parts, ...files);
  const sessionOptions = (plan: SessionPlan): HostSessionOptions => {
    const directory = join(runtimeDirectory, sessionDirectory(plan.name));
    openDirectory({ root: runtimeDirectory, path: directory });
    const socketPath = tmuxSocketIn(directory);
    return {
      ...{ plan, directory, keeperPath: KEEPER, cwd: options.root },
      tmuxConfig: { root: options.root, path: tmuxConfigPath },
      search: { home, directory: sessionsDirectory(runtimeDirectory) },
      notesPath: runNotesPath(options.stateDirectory, plan.name),
      taps: new SessionTaps({
        ...{ session: plan.name, directory, tapPath: TAP, processes, clock, record },
        logDirectory: join(options.logDirectory, plan.name),
        log: log.child({ session: plan.name }),
      }),
      server: new TmuxServer({
        ...{ binary: options.binary, socketPath },
        env: { ...env, [RUN_VARIABLE]: `${home}/${plan.name}` },
      }),
      log: log.child({ session: plan.name }),
      onDifferent: (panes: readonly PaneName[]) => options.onDifferent(plan.name, panes),
      ...{ clock, random: Math.random, doorKey, programFolder: launcher.folder, record },
      ...{ hostProblems: () => parts.problems, share: options.share },
      history: events.panes,
      watchHealth: (watched) => createPaneHealth({ ...watched, env: { ...env, ...watched.env } }),
    };
  };
  const host = new LocalHost({
    ...{ plans, sessionOptions, readPlans: readAll, onSessions, events },
    refreshTelemetry: () => processes.refresh(),
  });
  disposal.defer(() => host.close());
  events.record({
    ...{ kind: 'host-started', session: null, pane: null, by: null, facts: { pid: process.pid } },
    text: `host started for ${plans.map(({ name }) => name).join(', ')}`,
  });
  // What cannot be written is told with the start.
  await parts.look();
  return host;
}

/** What tells a home from all others by whatever path, also where `state/` was removed. */
export function homeMark(root: string): string {
  const { dev, ino } = statSync(root);
  return `${dev}-${ino}`;
}

/**
 * The runtime directory of what lives of a home where that is not at `run` any more: somebody has removed
 * the link to it, or the directory itself. What lives makes its sockets again there and nowhere else.
 */
export async function findRuntimeInUse(root: string, run: string): Promise<string | undefined> {
  const now = await realpath(run).catch(() => run);
  const { runs } = await findRuns({ home: homeMark(root), directory: sessionsDirectory(now) });
  const used = runs.flatMap(({ keeper }) =>
    keeper === undefined ? [] : [dirname(dirname(dirname(keeper.socketPath)))],
  );
  // Only one that was made elsewhere: a home that was moved has taken its own along.
  return used.includes(now) ? undefined : used.find((path) => basename(path).startsWith(PREFIX));
}

/** Where it is noted what runs in a session. */
export function runNotesPath(stateDirectory: string, name: string): string {
  return join(stateDirectory, 'runs', `${name}.json`);
}

export function sessionsDirectory(runtimeDirectory: string): string {
  return join(runtimeDirectory, SESSIONS);
}

/** Relative to the runtime directory. */
function sessionDirectory(name: string): string {
  return join(SESSIONS, name);
}

function tmuxSocketIn(directory: string): string {
  return join(directory, 'tmux.sock');
}

/** The longest socket path a plan needs, relative to the runtime directory. */
export function longestSocketName(plans: readonly SessionPlan[]): string {
  const names = plans.flatMap(({ name, panes }) => {
    const directory = sessionDirectory(name);
    return [
      tmuxSocketIn(directory),
      ...panes.map((pane) => join(directory, `${pane.name}.keeper`)),
    ];
  });
  return names.reduce((longest, name) => (name.length > longest.length ? name : longest), '');
}

export type LeftSessionsOptions = Pick<HostServiceOptions, 'binary' | 'runtimeDirectory' | 'env'>;

/** The sessions that go on without a gateway, by name. */
export async function findLeftSessions(options: LeftSessionsOptions): Promise<string[]> {
  const names = await readdir(join(options.runtimeDirectory, SESSIONS)).catch(() => []);
  const running = await Promise.all(names.map((name) => leftServer(options, name).isRunning()));
  return names.filter((_, index) => running[index]);
}

/** Ends a session that goes on without a gateway, with every command in it. */
export async function endLeft(options: LeftSessionsOptions, name: string): Promise<void> {
  const directory = join(options.runtimeDirectory, sessionDirectory(name));
  await endLeftSession(leftServer(options, name), directory);
}

function leftServer(
  { binary, runtimeDirectory, env }: LeftSessionsOptions,
  name: string,
): TmuxServer {
  const socketPath = tmuxSocketIn(join(runtimeDirectory, sessionDirectory(name)));
  return new TmuxServer({ binary, socketPath, env });
}
