import { type EndedLine, LineReader } from './line-reader.js';
import type { TypedMarks } from './typed-marks.js';

/** A piece of a pane's output, at its offset. */
interface Piece {
  readonly bytes: Uint8Array;
  readonly at: number;
  readonly typed: TypedMarks;
}

/** Opens a reader at `offset`, which may be in the middle of a line on which somebody has typed. */
export function openReader(offset: number, typed: TypedMarks): LineReader {
  const reader = new LineReader(offset);
  if (typed.between(0, offset).length > 0) reader.markTyped();
  return reader;
}

/** Reads lines, each with the beginning of it that the program has surely printed. */
export function readMarked(
  reader: LineReader,
  { bytes, at, typed }: Piece,
  onLine: (line: EndedLine & { printed: string }) => void,
): void {
  const end = at + bytes.length;
  const tell = (line: EndedLine): void => {
    onLine({ ...line, printed: typed.printed(line, false) });
  };
  let from = at;
  for (const { offset, isKey } of typed.between(at, end)) {
    reader.read(bytes.subarray(from - at, offset - at), tell);
    reader.markTyped(isKey);
    from = offset;
  }
  reader.read(bytes.subarray(from - at), tell);
}
