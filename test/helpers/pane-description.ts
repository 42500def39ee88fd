import { paneId, paneName } from '../../src/base/ids.js';
import type { PaneDescription } from '../../src/base/pane.js';

/** A pane in which all is well, but for `more`. */
export function describedPane(more: Partial<PaneDescription> = {}): PaneDescription {
  return {
    ...{ name: paneName('worker'), title: 'worker', id: paneId('%0'), state: 'running' },
    ...{ reason: 'started', since: 0, pid: 1, command: 'cat', restarts: 0, crashes: 0 },
    ...{ startedAt: 0, startsAt: null, lastExit: null, question: null, problems: [] },
    leftBehind: { count: 0, processes: [] },
    telemetry: {
      ...{ linesPerSecond: 0, bytesPerSecond: 0, lastOutputAt: null },
      ...{ cpu: null, memoryBytes: null, processes: null },
    },
    ...more,
  };
}
