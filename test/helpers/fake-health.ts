import type { PaneName } from '../../src/base/ids.js';
import type {
  HealthChange,
  PaneHealth,
  PaneHealthOptions,
} from '../../src/host/health/pane-health.js';

/** Health of panes as a test tells it. */
export class FakeHealth {
  readonly runs: { pane: PaneName; pid: number; wasReady: boolean }[] = [];
  readonly #watched = new Map<PaneName, PaneHealthOptions>();

  readonly watch = (options: PaneHealthOptions): PaneHealth => {
    this.#watched.set(options.pane, options);
    return {
      begin: ({ pid, wasReady }) => this.runs.push({ pane: options.pane, pid, wasReady }),
      end: () => undefined,
      close: () => undefined,
    };
  };

  tell(pane: PaneName, change: HealthChange): void {
    this.#watched.get(pane)?.onChange(change);
  }
}
