import type { Abilities } from './abilities.js';
import { encodeFrame, type Frame } from './frame.js';
import type { Grid } from './grid.js';

/** At most one frame goes to a terminal that has 64 KiB left to take: 128 KiB are unconsumed at worst. */
const MAX_FRAME_BYTES = 64 * 1024;
/**
 * Bytes of frames kept for other observers; beyond it frames are made again. Different views share
 * none.
 */
const MAX_KEPT_BYTES = 16 * 1024 * 1024;
/** What a screen weighs that shares no rows with others: a glyph and a style for each cell. */
const CELL_BYTES = 16;

type FramesByPosition = Map<Grid | undefined, Frame>;

/** The frames to the screens of one moment, so that all whose terminals show the same share the bytes. */
export class FrameCache {
  /** By what terminals can do: ten kinds of them at most. */
  readonly #byAbilities = new Map<Abilities, Map<Grid, FramesByPosition>>();
  #keptBytes = 0;

  frame(from: Grid | undefined, to: Grid, abilities: Abilities): Frame {
    const byTarget = this.#targetsOf(abilities);
    const known = byTarget.get(to)?.get(from);
    if (known !== undefined) return known;
    const frame = encodeFrame(from, to, { maxBytes: MAX_FRAME_BYTES, ...abilities });
    const weight = frame.bytes.length + (byTarget.has(to) ? 0 : weightOf(to)) + weightOf(from);
    if (this.#keptBytes + weight > MAX_KEPT_BYTES) return frame;
    this.#keptBytes += weight;
    const byPosition: FramesByPosition = byTarget.get(to) ?? new Map<Grid | undefined, Frame>();
    byTarget.set(to, byPosition.set(from, frame));
    return frame;
  }

  #targetsOf(abilities: Abilities): Map<Grid, FramesByPosition> {
    const known = this.#byAbilities.get(abilities);
    if (known !== undefined) return known;
    const made = new Map<Grid, FramesByPosition>();
    this.#byAbilities.set(abilities, made);
    return made;
  }
}

function weightOf(grid: Grid | undefined): number {
  return grid === undefined ? 0 : grid.cols * grid.rows.length * CELL_BYTES;
}
