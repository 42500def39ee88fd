import type { PaneName } from '../../base/ids.js';
import type { Pattern } from '../../base/pattern.js';
import type { Dependency } from '../plan/dependency.js';
import type { PanePlan } from '../plan/session-plan.js';
import type { OutputLine, PaneOutput } from '../tap/pane-output.js';

/** Knows which lines panes wait for were seen in the output of others since their commands' starts. */
export class AwaitedLines {
  readonly #options: AwaitedLinesOptions;
  #watched: WatchedPane[] = [];

  constructor(options: AwaitedLinesOptions) {
    this.#options = options;
  }

  /** Watches for the lines that these panes wait for, from now on. */
  setPlan(panes: readonly PanePlan[]): void {
    const before = this.#watched;
    this.close();
    const awaited = panes.flatMap(({ dependsOn }) => dependsOn).filter(isForLine);
    for (const name of new Set(awaited.map(({ on }) => on))) {
      const patterns = awaited.filter(({ on }) => on === name).map(({ until }) => until.pattern);
      const known = before.find((watched) => watched.name === name);
      const seen = new Set(known?.seen);
      const output = this.#options.output(name);
      const from = known?.from ?? output.end;
      const watched: WatchedPane = {
        ...{ name, seen, patterns, from, hasMissed: known?.hasMissed === true },
        stop: () => undefined,
      };
      watched.stop = output.onLine(
        (line) => this.#read(watched, line),
        (bytes) => this.#missed(watched, bytes),
      );
      this.#watched.push(watched);
    }
  }

  /** Counts what a pane had printed before its output was read. */
  recall(pane: PaneName): void {
    const { past } = this.#options.output(pane);
    for (const { name, seen, patterns } of this.#watched) {
      if (name !== pane) continue;
      const found = patterns.filter((pattern) => past.some((line) => pattern.matches(line)));
      for (const { source } of found) seen.add(source);
    }
  }

  /** Forgets what a pane has printed so far, since its command is about to be started. */
  startsAnew(pane: PaneName): void {
    const watched = this.#watched.find(({ name }) => name === pane);
    if (watched === undefined) return;
    watched.seen.clear();
    watched.hasMissed = false;
    watched.from = this.#options.output(pane).end;
  }

  hasSeen({ on, until }: Dependency): boolean {
    if (until.kind !== 'log') return false;
    const watched = this.#watched.find(({ name }) => name === on);
    return watched?.seen.has(until.pattern.source) === true;
  }

  close(): void {
    for (const { stop } of this.#watched) stop();
    this.#watched = [];
  }

  #read({ from, seen, patterns }: WatchedPane, { text, end }: OutputLine): void {
    if (end <= from) return;
    const found = patterns.filter(({ source }) => !seen.has(source));
    const matched = found.filter((pattern) => pattern.matches(text));
    for (const { source } of matched) seen.add(source);
    if (matched.length > 0) this.#options.onSeen();
  }

  #missed(watched: WatchedPane, bytes: number): void {
    const isAwaited = watched.patterns.some(({ source }) => !watched.seen.has(source));
    if (watched.hasMissed || !isAwaited) return;
    watched.hasMissed = true;
    this.#options.onMissed(watched.name, bytes);
  }
}

export interface AwaitedLinesOptions {
  readonly output: (pane: PaneName) => PaneOutput;
  /** Called when a line was seen for the first time since a start. */
  readonly onSeen: () => void;
  /** Called once per start, when bytes were not read in which a line may have been. */
  readonly onMissed: (pane: PaneName, bytes: number) => void;
}

interface WatchedPane {
  readonly name: PaneName;
  /** The patterns that were seen, as written. */
  readonly seen: Set<string>;
  readonly patterns: readonly Pattern[];
  hasMissed: boolean;
  /** The offset in the pane's output from which lines count. */
  from: number;
  stop: () => void;
}

type LineDependency = Dependency & { readonly until: { readonly kind: 'log' } };

function isForLine(dependency: Dependency): dependency is LineDependency {
  return dependency.until.kind === 'log';
}
