import { OwnSlices } from '../../src/base/slices.js';

/** Slices, counted, that each seem to end soon. */
export class CountedSlices extends OwnSlices {
  /** How many slices there were, this one included. */
  count = 1;

  /** @param stepMs how much later each look at the time is; a slice lasts 2 ms. */
  constructor(stepMs = 0.5) {
    let nowMs = 0;
    super(() => (nowMs += stepMs));
  }

  override async next(): Promise<void> {
    await super.next();
    this.count += 1;
  }
}
