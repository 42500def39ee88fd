import { UnavailableError } from '../../src/base/errors.js';
import { paneId, paneName, sessionName } from '../../src/base/ids.js';
import type { PaneDescription } from '../../src/base/pane.js';
import type { SessionDescription } from '../../src/base/session-description.js';
import { callsOf, type HostLink } from '../../src/link/host-link.js';
import { CALL_NAMES } from '../../src/link/schema.js';

const refuse = () => Promise.reject(new UnavailableError('the fake host does not do this'));

/** A host without tmux: it does what a test gives it, and refuses everything else. */
export function fakeHost(answers: Partial<HostLink> = {}): HostLink {
  return {
    ...callsOf(CALL_NAMES, refuse),
    ...{ whenReachable: () => Promise.resolve(), openDriver: refuse, openMirror: refuse },
    ...answers,
  };
}

/** The description of a pane in which all is well, but for `parts`. */
export function describedPane(name: string, parts: Partial<PaneDescription> = {}): PaneDescription {
  return {
    ...{ name: paneName(name), title: name, id: paneId('%1'), state: 'running', reason: 'started' },
    ...{ since: 0, pid: 7, command: 'cat', restarts: 0, crashes: 0, startedAt: 0, startsAt: null },
    ...{ lastExit: null, question: null, problems: [] },
    leftBehind: { count: 0, processes: [] },
    telemetry: {
      ...{ linesPerSecond: 0, bytesPerSecond: 0, lastOutputAt: null },
      ...{ cpu: 0, memoryBytes: 0, processes: 1 },
    },
    ...parts,
  };
}

export function describedSession(
  panes: readonly PaneDescription[],
  parts: Partial<SessionDescription> = {},
): SessionDescription {
  const name = sessionName('pair');
  const facts = { socket: '/s', tmuxVersion: '3.4', adopted: false, limits: [], problems: [] };
  const opened = { count: 0, panes: [] };
  return { name, state: 'running', ...facts, panes, opened, ...parts };
}
