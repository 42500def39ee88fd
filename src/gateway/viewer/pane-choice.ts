import type { PaneId, PaneName } from '../../base/ids.js';
import type { LayoutPane, WindowLayout } from '../../base/window-layout.js';
import type { Key } from './key-decoder.js';

/** Which pane an observer has under view: the one where drivers type, or one of their own choice. */
export class PaneChoice {
  #chosen: PaneId | undefined;
  #isAlone: boolean;
  /** The pane that was asked for by name, until a layout is known. */
  #wanted: PaneName | undefined;
  #note: string | undefined;

  constructor(wanted: PaneName | undefined) {
    this.#wanted = wanted;
    this.#isAlone = wanted !== undefined;
  }

  /** Whether the pane is shown without the others. */
  get isAlone(): boolean {
    return this.#isAlone;
  }

  /** What there is to say about the choice. */
  get note(): string | undefined {
    return this.#note;
  }

  /** A text that is the same for all who made the same choice. */
  get key(): string {
    return `${this.#chosen ?? 'active'} ${this.#isAlone} ${this.#note ?? ''}`;
  }

  /** Finds the wanted pane in a layout, and forgets a choice that is gone from it. */
  follow(layout: WindowLayout): void {
    const wanted = this.#wanted;
    if (wanted !== undefined) {
      this.#wanted = undefined;
      this.#chosen = layout.panes.find((pane) => pane.name === wanted)?.id;
      if (this.#chosen === undefined) this.#forget(`there is no pane ${wanted}`);
    } else if (this.#chosen !== undefined && this.#find(layout) === undefined) {
      this.#forget('the pane is gone');
    }
  }

  /** The pane under view; none only where there is none. */
  pane(layout: WindowLayout): LayoutPane | undefined {
    return this.#find(layout) ?? layout.panes.find((pane) => pane.isActive) ?? layout.panes[0];
  }

  /** The pane as people count and call it. */
  label(layout: WindowLayout): string {
    const pane = this.pane(layout);
    if (pane === undefined) return '';
    const label = `${layout.panes.indexOf(pane) + 1}:${pane.name ?? pane.id}`;
    return this.#isAlone ? `${label} alone` : label;
  }

  /** Does what a key means; tells whether it was about panes. */
  press(key: Key, layout: WindowLayout): boolean {
    if (key === 'z') this.#isAlone = !this.#isAlone;
    else if (key === 'Tab') this.#step(layout, 1);
    else if (key === 'BTab') this.#step(layout, -1);
    else if (/^[1-9]$/.test(key)) this.#choose(layout.panes[Number(key) - 1]);
    else if (key === '0') this.#choose(undefined);
    else if (key === 'Escape') this.#forget(undefined);
    else return false;
    return true;
  }

  #step(layout: WindowLayout, by: number): void {
    const { panes } = layout;
    const current = panes.findIndex((pane) => pane === this.pane(layout));
    this.#choose(panes[(current + by + panes.length) % panes.length]);
  }

  #choose(pane: LayoutPane | undefined): void {
    this.#note = undefined;
    this.#chosen = pane?.id;
  }

  #forget(note: string | undefined): void {
    this.#chosen = undefined;
    this.#isAlone = false;
    this.#note = note;
  }

  #find(layout: WindowLayout): LayoutPane | undefined {
    return layout.panes.find((pane) => pane.id === this.#chosen);
  }
}
