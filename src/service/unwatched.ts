import type { PaneHealth } from '../health/pane-health.js';
import type { Taps } from '../tap/taps.js';

/** Stands where the taps will be: panes are drained, and nothing is kept. */
export function openNoTaps(): Taps {
  const output = {
    ...{ end: 0, lastAtElapsed: undefined, lastAt: undefined, lastLine: '', isLineOpen: false },
    read: () => ({ bytes: new Uint8Array(), skipped: 0, next: 0 }),
    onOutput: () => () => undefined,
    onLine: () => () => undefined,
  };
  return {
    output: () => output,
    pipeCommand: () => 'exec cat > /dev/null',
    isTapped: () => false,
    telemetry: () => ({
      ...{ linesPerSecond: 0, bytesPerSecond: 0, lastOutputAt: null },
      ...{ cpu: null, memoryBytes: null, processes: null },
    }),
    problem: () => undefined,
    setLogFile: () => undefined,
    close: async () => undefined,
  };
}

/** Stands where the probes will be. */
export function watchNoHealth(): PaneHealth {
  return { begin: () => undefined, end: () => undefined, close: () => undefined };
}
