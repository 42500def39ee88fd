import type { PaneName, SessionName } from './ids.js';

export interface ReloadReport {
  readonly changes: readonly ReloadChange[];
}

export interface ReloadChange {
  readonly session: SessionName;
  /** null for the session itself. */
  readonly pane: PaneName | null;
  /** `changed`: its policy is another one, and its command goes on. */
  readonly change: 'added' | 'removed' | 'restarted' | 'changed';
}
