import { realpath } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PROCESS_STARTS } from '../base/child-process.js';
import { SYSTEM_CLOCK } from '../base/clock.js';
import { FILE_DESCRIPTORS } from '../base/descriptors.js';
import type { Disposal } from '../base/disposal.js';
import type { NewHostEvent } from '../base/host-event.js';
import type { PaneName, SessionName } from '../base/ids.js';
import { KeptFile } from '../base/kept-file.js';
import type { LoopShare } from '../base/loop-share.js';
import type { Part } from '../base/part.js';
import { shellWord } from '../base/shell-word.js';
import { findShortage } from '../base/shortage.js';
import type { Environment } from '../config/environment.js';
import { type Home, homeMark, runNotesPath } from '../config/home.js';
import { EventLog } from '../host/events/event-log.js';
import { createPaneHealth } from '../host/health/pane-health.js';
import { DoorKey } from '../host/pane-door/door-key.js';
import type { SessionPlan } from '../host/plan/session-plan.js';
import type { HostSessionOptions } from '../host/session/host-session.js';
import { LocalHost, type LocalHostOptions } from '../host/session/local-host.js';
import { watchParts } from '../host/session/parts-on-record.js';
import { ProcessTable } from '../host/tap/process-table.js';
import { SessionTaps } from '../host/tap/session-taps.js';
import { TmuxServer } from '../host/tmux/tmux-server.js';
import { findRuns, RUN_VARIABLE } from '../host/triad/runs.js';
import type { Logger } from '../log/logger.js';
import { openDirectory } from './home-files.js';
import { lockHost } from './home-lock.js';
import type { HostSettings } from './host-settings.js';
import {
  longestSocketName,
  openRuntime,
  PREFIX,
  requireSocketRoom,
  runtimeFolder,
  sessionDirectory,
  tmuxSocketIn,
} from './runtime-directory.js';

/** Built beside the compiled code (scripts/setup.mjs). */
const KEEPER = fileURLToPath(new URL('../host/keeper/keeper', import.meta.url));
const TAP = fileURLToPath(new URL('../host/tap/tap', import.meta.url));
const PROGRAM = fileURLToPath(new URL('../cli/main.js', import.meta.url));
/** Holds the `triad` of the panes, relative to the runtime directory. */
const BIN = 'bin';
/** What this process needs of the machine and may not get. */
const MACHINE = [FILE_DESCRIPTORS, PROCESS_STARTS];

export interface HostOptions extends HostSettings, Pick<LocalHostOptions, 'onSessions'> {
  readonly home: Home;
  readonly environment: Environment;
  /** Private directory for sockets, from `openHostRuntime`. */
  readonly runtimeDirectory: string;
  /** The share of this process's event loop that all who watch or ask have together. */
  readonly share: LoopShare;
  /** Parts to watch that were opened elsewhere. */
  readonly parts: readonly Part[];
  readonly log: Logger;
}

/** A session that was found running with other panes than planned, and which panes those are. */
export interface DifferentSession {
  readonly session: SessionName;
  readonly panes: readonly PaneName[];
}

export interface RunningHost {
  readonly host: LocalHost;
  /** What `host.open` found other than planned. */
  readonly different: readonly DifferentSession[];
}

/**
 * Makes this process the host of its home, and opens the directory for its sockets: the one that
 * keepers of the home use, where some live.
 *
 * @throws RefusedError where there is a host.
 */
export async function openHostRuntime(
  options: Pick<HostOptions, 'home' | 'environment'>,
  socketNames: readonly string[],
  disposal: Disposal,
): Promise<string> {
  await lockHost(options.home, disposal);
  return openRuntime(options, socketNames, await findRuntimeInUse(options.home));
}

/** Builds the host of a home, one tmux server per session; `host.open` makes or adopts the sessions. */
export async function buildHost(options: HostOptions, disposal: Disposal): Promise<RunningHost> {
  const { home, plans, readPlans, onSessions, runtimeDirectory, log } = options;
  const clock = SYSTEM_CLOCK;
  const processes = new ProcessTable({ clock });
  const doorKey = await DoorKey.open(home.doorKey);
  const launcher = await makeLauncher(runtimeDirectory);
  const events = EventLog.open({ path: home.events, clock, log });
  disposal.defer(() => events.close());
  const record = (event: NewHostEvent) => events.record(event).number;
  const parts = watchParts({ clock, log, record }, null);
  disposal.defer(() => parts.close());
  parts.add(...MACHINE, ...options.parts, launcher, doorKey.file, events.part);
  parts.add(runtimeFolder(home, runtimeDirectory));
  const different: DifferentSession[] = [];
  const sessionOptions = (plan: SessionPlan): HostSessionOptions => ({
    ...sessionFiles(options, plan),
    ...{ clock, random: Math.random, doorKey, record, programFolder: join(runtimeDirectory, BIN) },
    taps: new SessionTaps({
      ...{ session: plan.name, directory: sessionDirectory(runtimeDirectory, plan.name) },
      ...{ tapPath: TAP, processes, clock, record },
      logDirectory: join(home.paneLogs, plan.name),
      log: log.child({ session: plan.name }),
    }),
    onDifferent: (panes) => different.push({ session: plan.name, panes }),
    ...{ hostProblems: () => parts.problems, share: options.share, history: events.panes },
  });
  const host = new LocalHost({
    ...{ plans, sessionOptions, onSessions, events },
    readPlans: async () => {
      const read = await readPlans();
      requireSocketRoom(runtimeDirectory, longestSocketName(read));
      return read;
    },
    refreshTelemetry: () => processes.refresh(),
  });
  disposal.defer(() => host.close());
  events.record({
    ...{ kind: 'host-started', session: null, pane: null, by: null, facts: { pid: process.pid } },
    text: `host started for ${plans.map(({ name }) => name).join(', ')}`,
  });
  // What cannot be written is told with the start.
  await parts.check();
  return { host, different };
}

/** What a session has of its own: its files, its tmux server and the environment of what runs in it. */
function sessionFiles(options: HostOptions, plan: SessionPlan) {
  const { home, environment, runtimeDirectory, binary, log } = options;
  const directory = sessionDirectory(runtimeDirectory, plan.name);
  openDirectory({ root: runtimeDirectory, path: directory });
  const mark = homeMark(home);
  const env = environment.clean;
  return {
    ...{ plan, directory, keeperPath: KEEPER, cwd: home.root },
    tmuxConfig: { root: home.root, path: home.tmuxConf },
    homeMark: mark,
    notesPath: runNotesPath(home, plan.name),
    server: new TmuxServer({
      ...{ binary, socketPath: tmuxSocketIn(directory) },
      env: { ...env, [RUN_VARIABLE]: `${mark}/${plan.name}` },
    }),
    log: log.child({ session: plan.name }),
    watchHealth: (watched: Parameters<typeof createPaneHealth>[0]) =>
      createPaneHealth({ ...watched, env: { ...env, ...watched.env } }),
  };
}

/**
 * Makes a folder with this very `triad` in it, for the PATH of panes: a checkout has none there, and
 * an installed one may be another version. On a full disk it is made once there is room: agents that run
 * are led without it.
 */
async function makeLauncher(runtimeDirectory: string): Promise<KeptFile> {
  const folder = join(runtimeDirectory, BIN);
  const run = [process.execPath, PROGRAM].map(shellWord).join(' ');
  const content = Buffer.from(`#!/bin/sh\nexec ${run} "$@"\n`);
  const path = join(folder, 'triad');
  const file = new KeptFile({ name: '`triad` of the panes', path, content, mode: 0o700 });
  try {
    openDirectory({ root: runtimeDirectory, path: folder });
    if (file.findFault() !== undefined) await file.makeAgain();
  } catch (error) {
    // The file is watched as a part, which tells of the problem and tries again.
    if (findShortage(error) === undefined) throw error;
  }
  return file;
}

/**
 * The runtime directory that keepers of a home use, where `run` does not lead there any more:
 * somebody has removed the link or the directory. Keepers make their sockets again there only.
 */
async function findRuntimeInUse(home: Home): Promise<string | undefined> {
  const now = await realpath(home.run).catch(() => home.run);
  const { runs } = await findRuns(homeMark(home));
  const used = runs.flatMap(({ keeper }) =>
    keeper === undefined ? [] : [dirname(dirname(dirname(keeper.socketPath)))],
  );
  // Only a directory outside the home counts: a home that was moved has taken its own along.
  return used.includes(now) ? undefined : used.find((path) => basename(path).startsWith(PREFIX));
}
