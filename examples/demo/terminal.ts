const STYLES = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33, cyan: 36 } as const;
export type Style = keyof typeof STYLES;

/** Where a program shows what it does: a pane, or a file or pipe when it is no terminal. */
export class Terminal {
  readonly #stream: NodeJS.WriteStream;
  readonly #hasColour: boolean;

  constructor(stream: NodeJS.WriteStream, hasColour: boolean) {
    this.#stream = stream;
    this.#hasColour = hasColour && stream.isTTY;
    // A pane that is gone (EIO) or a closed pipe (EPIPE) is no reason to stop working.
    stream.on('error', () => undefined);
  }

  get isLive(): boolean {
    return this.#stream.isTTY;
  }

  get size(): { cols: number; rows: number } {
    if (!this.#stream.isTTY) return { cols: 100, rows: 25 };
    return { cols: this.#stream.columns, rows: this.#stream.rows };
  }

  /** Writes one line; the caller has made text from outside `visible`. */
  line(text: string): void {
    this.#stream.write(`${text}\n`);
  }

  /** Replaces the whole screen by `lines`, which must fit it; elsewhere appends them. */
  show(lines: readonly string[]): void {
    if (!this.isLive) {
      for (const text of lines) this.line(text);
      return;
    }
    // Overwriting in place and clearing the rest does not flicker, unlike clearing first.
    this.#stream.write(`\x1b[H${lines.map((text) => `${text}\x1b[K`).join('\r\n')}\x1b[J`);
  }

  /** Calls back when the size of the terminal has changed. */
  onResize(resized: () => void): void {
    this.#stream.on('resize', resized);
  }

  paint(style: Style, text: string): string {
    return this.#hasColour ? `\x1b[${STYLES[style]}m${text}\x1b[0m` : text;
  }
}

/** The time of day as log lines show it, `14:03:59`, local time. */
export function clockTime(date: Date): string {
  return [date.getHours(), date.getMinutes(), date.getSeconds()]
    .map((part) => String(part).padStart(2, '0'))
    .join(':');
}
