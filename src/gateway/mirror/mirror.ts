import type { ColumnRules } from '../../base/columns.js';
import type { SessionName } from '../../base/ids.js';
import type { LoopShare } from '../../base/loop-share.js';
import type { Presence } from '../../base/presence.js';
import type { View } from '../../base/view.js';
import type { WindowLayout } from '../../base/window-layout.js';
import type { Logger } from '../../log/logger.js';
import { FanOut } from './fan-out.js';
import { FrameCache } from './frame-cache.js';
import { FrameClock } from './frame-clock.js';
import type { FeedEnd, MirrorSource } from './mirror-source.js';
import { ObserverDisplay } from './observer-display.js';
import { ScreenModel } from './screen-model.js';
import { ComposedScreens, type Composer, type SharedScreen } from './shared-screen.js';
import type { ObserverTerminal } from './watching.js';

export interface MirrorOptions {
  readonly share: LoopShare;
  readonly session: SessionName;
  readonly source: MirrorSource;
  readonly presence: Presence;
  readonly log: Logger;
  /** The mirror has closed: nobody watches any more, or the feed ended. */
  readonly onClose: () => void;
}

const now = () => performance.now();

/**
 * Owns the one view of a session that all its observers share: a feed makes a screen, and each change of it
 * goes out to everybody's terminal. Promises that a slow terminal holds up nobody, and gets the newest screen. It
 * must never live while nobody watches.
 */
export class Mirror {
  readonly #options: MirrorOptions;
  readonly #displays = new Set<ObserverDisplay>();
  readonly #clock: FrameClock;
  readonly #fanOut: FanOut;
  #opened: Promise<void> | undefined;
  #feed: View | undefined;
  #model: ScreenModel | undefined;
  #columns: ColumnRules | undefined;
  #layout: WindowLayout | undefined;
  #presence: Presence;
  #shared: SharedScreen | undefined;
  #number = 0;
  /** How often the bell was rung. */
  #bells = 0;
  #toldBells = 0;
  #isClosed = false;

  constructor(options: MirrorOptions) {
    this.#options = options;
    this.#presence = options.presence;
    this.#clock = new FrameClock({ now, onTick: () => this.#whenWhole() });
    this.#fanOut = new FanOut({
      ...{ now, share: options.share, owner: `frames of ${options.session}` },
      onDone: (costMs) => this.#clock.finished(costMs),
      onFailure: (display, error) => this.#fail(display, error),
    });
  }

  /** Opens the feed at the first call; rejects as the source does. */
  open(): Promise<void> {
    this.#opened ??= this.#open();
    return this.#opened;
  }

  /** How the session's tmux counts columns; undefined before it has told. */
  get columns(): ColumnRules | undefined {
    return this.#columns;
  }

  set presence(presence: Presence) {
    this.#presence = presence;
    if (this.#shared !== undefined) this.#clock.request();
  }

  /** Shows the screen on one more terminal, until its display is closed or the feed ends. */
  watch(terminal: ObserverTerminal, composer: Composer): ObserverDisplay {
    const display = new ObserverDisplay({
      terminal,
      composer,
      onDue: (due) => this.#fanOut.add(due),
      onClose: (closed) => this.#leave(closed),
      now,
    });
    this.#displays.add(display);
    this.#fanOut.add(display);
    return display;
  }

  /** Ends every display with the reason. Idempotent. */
  close(reason: FeedEnd): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#feed?.close();
    this.#clock.close();
    this.#fanOut.close();
    this.#model?.close();
    for (const display of this.#displays) display.close(reason);
    this.#options.onClose();
  }

  async #open(): Promise<void> {
    try {
      const feed = await this.#options.source.openMirror({
        onOutput: (bytes) => this.#model?.write(bytes),
        onColumns: (columns) => {
          this.#columns = columns;
        },
        onLayout: (layout) => this.#resize(layout),
      });
      this.#feed = feed;
      if (this.#isClosed) feed.close();
      else if (this.#model?.isPressureHigh === true) feed.setBlocked(true);
      void feed.ended.then(({ reason }) => this.close(reason));
    } catch (error) {
      this.close('failed');
      throw error;
    }
  }

  #whenWhole(): void {
    const model = this.#model;
    model?.whenWhole(() => this.#tick(model));
  }

  #resize(layout: WindowLayout): void {
    if (this.#isClosed) return;
    const model = this.#model ?? this.#createModel(layout);
    model.resize(layout.size, () => {
      this.#layout = layout;
      if (this.#shared !== undefined) this.#clock.request();
    });
  }

  #createModel({ size }: WindowLayout): ScreenModel {
    this.#model = new ScreenModel({
      ...{ size, columns: this.#columns },
      onBell: () => {
        this.#bells += 1;
      },
      onChange: () => this.#clock.request(),
      onPressure: (isHigh) => this.#feed?.setBlocked(isHigh),
    });
    return this.#model;
  }

  /** Makes a new moment of what changed, if anything did, and begins to show it. */
  #tick(model: ScreenModel): void {
    const startedAt = now();
    const screen = model.snapshot();
    const [before, layout, presence] = [this.#shared, this.#layout, this.#presence];
    const bells = this.#bells;
    const isSame =
      before?.screen === screen &&
      before.layout === layout &&
      before.presence === presence &&
      this.#toldBells === bells;
    if (isSame || layout === undefined) {
      this.#clock.finished(now() - startedAt);
      return;
    }
    const { session } = this.#options;
    const shared = { session, screen, layout, presence, composed: new ComposedScreens() };
    this.#shared = shared;
    this.#number += 1;
    this.#toldBells = bells;
    const moment = { number: this.#number, shared, bells, frames: new FrameCache() };
    this.#fanOut.begin(moment, this.#displays, now() - startedAt);
  }

  #leave(display: ObserverDisplay): void {
    this.#displays.delete(display);
    this.#fanOut.remove(display);
    if (this.#displays.size === 0) this.close('closed');
  }

  #fail(display: ObserverDisplay, error: unknown): void {
    const { log, session } = this.#options;
    log.error({ session, error }, 'observer could not be shown the screen');
    display.close('failed');
  }
}
