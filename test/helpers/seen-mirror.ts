import { Terminal as ScreenModel } from '@xterm/headless';
import type { WindowLayout } from '../../src/base/window-layout.js';
import type { HostLink, MirrorView } from '../../src/link/host-link.js';
import { eventually } from './eventually.js';
import { PAIR } from './small-host.js';

/** A mirror whose output goes to a screen of the size of its layouts, and is counted. */
export class SeenMirror implements AsyncDisposable {
  readonly view: MirrorView;
  readonly seen: Seen;

  private constructor(view: MirrorView, seen: Seen) {
    this.view = view;
    this.seen = seen;
  }

  static async open(link: HostLink): Promise<SeenMirror> {
    const seen = new Seen();
    return new SeenMirror(await link.openMirror({ session: PAIR, ...seen.sink }), seen);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.view.close();
    await this.view.ended;
    this.seen.screen.dispose();
  }
}

class Seen {
  readonly screen = new ScreenModel({ cols: 1, rows: 1, allowProposedApi: true });
  readonly layouts: WindowLayout[] = [];
  /** Layouts and pieces of output, as they came. */
  readonly order: ('layout' | 'output')[] = [];
  bytes = 0;
  pieces = 0;
  text = '';

  readonly sink = {
    onOutput: (bytes: Uint8Array) => {
      this.order.push('output');
      this.pieces += 1;
      this.bytes += bytes.length;
      this.text += Buffer.from(bytes).toString('latin1');
      this.screen.write(bytes);
    },
    onLayout: (layout: WindowLayout) => {
      this.order.push('layout');
      this.layouts.push(layout);
      this.screen.resize(layout.size.cols, layout.size.rows);
    },
  };

  get layout(): WindowLayout {
    const layout = this.layouts.at(-1);
    if (layout === undefined) throw new Error('no layout came');
    return layout;
  }

  get rows(): string[] {
    const { active } = this.screen.buffer;
    return Array.from(
      { length: this.screen.rows },
      (_, row) => active.getLine(active.baseY + row)?.translateToString(true) ?? '',
    );
  }

  async shows(text: string): Promise<void> {
    await eventually(
      `the mirror showed ${text}`,
      () => this.rows.some((row) => row.includes(text)),
      () => this.rows.join('\n'),
    );
  }

  async has(what: string, isThere: (layout: WindowLayout) => boolean): Promise<void> {
    await eventually(
      `the layout had ${what}`,
      () => this.layouts.length > 0 && isThere(this.layout),
      () => JSON.stringify(this.layouts.at(-1)),
    );
  }
}
