import type { HistoryRequest } from '../../src/base/history-page.js';
import { engineerName, type PaneName, paneId, paneName, sessionName } from '../../src/base/ids.js';
import { OwnSlices } from '../../src/base/slices.js';
import type { TerminalSize } from '../../src/base/terminal-size.js';
import type { WindowLayout } from '../../src/base/window-layout.js';
import type { Grid, Row } from '../../src/gateway/mirror/grid.js';
import type { SharedScreen } from '../../src/gateway/mirror/shared-screen.js';
import { TerminalAbilities } from '../../src/gateway/mirror/terminal-abilities.js';
import { PanePolls } from '../../src/gateway/viewer/pane-polls.js';
import { Viewer } from '../../src/gateway/viewer/viewer.js';
import { plainRows, SimulatedPane } from './simulated-pane.js';

function gridOf(lines: readonly string[], cols: number): Grid {
  const rows = lines.map((line): Row => {
    const glyphs = Array.from(line.padEnd(cols)).slice(0, cols);
    return { glyphs, styles: glyphs.map(() => '') };
  });
  return { cols, rows, cursor: { col: 0, row: lines.length - 1 } };
}

export function textOf(grid: Grid): string[] {
  return grid.rows.map((row) => row.glyphs.join('').trimEnd());
}

/** Two panes side by side, and a third in another window. */
export function layoutOf(size: TerminalSize): WindowLayout {
  const half = Math.floor(size.cols / 2);
  const left = { col: 0, row: 0, cols: half, rows: size.rows };
  const right = { col: half + 1, row: 0, cols: size.cols - half - 1, rows: size.rows };
  return {
    size,
    isZoomed: false,
    panes: [
      { id: paneId('%0'), name: paneName('engine'), isActive: true, region: left },
      { id: paneId('%1'), name: paneName('worker'), isActive: false, region: right },
      { id: paneId('%2'), name: null, isActive: false, region: null },
    ],
  };
}

function sharedScreen(screen: Grid, layout?: WindowLayout): SharedScreen {
  return {
    session: sessionName('pair'),
    screen,
    layout: layout ?? layoutOf({ cols: screen.cols, rows: screen.rows.length }),
    presence: { drivers: [engineerName('dora')], observers: 3 },
    composed: new Map(),
  };
}

interface Options {
  readonly size?: TerminalSize;
  readonly window?: TerminalSize;
  readonly pane?: PaneName;
  /** How the observer calls verbs. */
  readonly program?: string;
}

/** A viewer before a screen of numbered rows and a pane with a history; everything it does is noted. */
export class ViewedSession {
  readonly buffer = new SimulatedPane({ rows: 23, cols: 80, limit: 1000 });
  readonly viewer: Viewer;
  readonly abilities = new TerminalAbilities({ term: 'xterm', hasTrueColour: false });
  readonly written: string[] = [];
  readonly asked: { pane: string; request: HistoryRequest }[] = [];
  changes = 0;
  hasLeft = false;
  shared: SharedScreen;
  /** Answers instead of the pane. */
  answer: ((request: HistoryRequest) => ReturnType<SimulatedPane['page']>) | undefined;

  constructor(options: Options = {}) {
    const window = options.window ?? { cols: 80, rows: 23 };
    const lines = Array.from({ length: window.rows }, (_, row) => `row ${row}`);
    this.shared = sharedScreen(gridOf(lines, window.cols));
    this.viewer = new Viewer({
      session: sessionName('pair'),
      size: options.size ?? { cols: 80, rows: 24 },
      abilities: this.abilities,
      pane: options.pane,
      calledAs: (text) => text.replace('triad ', `${options.program ?? 'triad'} `),
      lines: {
        history: async (pane, request) => {
          this.asked.push({ pane, request });
          return this.answer?.(request) ?? this.buffer.page(request);
        },
        search: async (_pane, request) => this.buffer.search(request),
      },
      rowsOf: plainRows,
      during: (work) => work(new OwnSlices()),
      polls: new PanePolls((pane) => ({
        rowsOf: plainRows,
        history: async (request) => {
          this.asked.push({ pane, request });
          return this.answer?.(request) ?? this.buffer.page(request);
        },
      })),
      write: (bytes) => this.written.push(Buffer.from(bytes).toString('latin1')) > 0,
      onChange: () => {
        this.changes += 1;
      },
      onLeave: () => {
        this.hasLeft = true;
      },
    });
    this.screen();
  }

  screen(): Grid {
    return this.viewer.compose(this.shared);
  }

  lines(): string[] {
    return textOf(this.screen());
  }

  get bottom(): string {
    return this.lines().at(-1) ?? '';
  }

  /** Types and waits for whatever that reads. */
  async type(...pieces: string[]): Promise<void> {
    for (const piece of pieces) {
      this.viewer.receive(Buffer.from(piece));
      await settled();
    }
  }

  [Symbol.dispose](): void {
    this.viewer.close();
  }
}

/** Resolves when promises that wait only for others have settled. */
function settled(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
