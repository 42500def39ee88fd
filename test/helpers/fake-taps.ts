import type { PaneName } from '../../src/base/ids.js';
import type { OutputPage, PaneTelemetry } from '../../src/link/host-link.js';
import type { OutputLine, PaneOutput } from '../../src/tap/pane-output.js';
import type { Taps } from '../../src/tap/taps.js';

/** The output of a pane whose lines a test says. */
export class FakeOutput implements PaneOutput {
  readonly #listeners = new Set<(line: OutputLine) => void>();
  end = 0;
  lastAtElapsed = undefined;
  lastAt = undefined;
  lastLine = '';
  isLineOpen = false;

  say(text: string): void {
    this.end += Buffer.byteLength(text) + 1;
    this.lastLine = text;
    for (const listener of this.#listeners) listener({ text, end: this.end });
  }

  read(): OutputPage {
    return { bytes: new Uint8Array(), skipped: 0, next: this.end };
  }

  onOutput(): () => void {
    return () => undefined;
  }

  onLine(listener: (line: OutputLine) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}

/** Taps that pipe each pane into a `cat` of their own and read nothing of it. */
export class FakeTaps implements Taps {
  readonly #outputs = new Map<PaneName, FakeOutput>();

  output(pane: PaneName): FakeOutput {
    const output = this.#outputs.get(pane) ?? new FakeOutput();
    this.#outputs.set(pane, output);
    return output;
  }

  pipeCommand(): string {
    return 'exec cat > /dev/null';
  }

  isTapped(): boolean {
    return true;
  }

  telemetry(): PaneTelemetry {
    return {
      ...{ linesPerSecond: 0, bytesPerSecond: 0, lastOutputAt: null },
      ...{ cpu: null, memoryBytes: null, processes: null },
    };
  }

  problem(): undefined {
    return undefined;
  }

  setLogFile(): void {}

  async close(): Promise<void> {}
}
