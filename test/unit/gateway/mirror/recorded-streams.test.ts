import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { abilities } from '../../../../src/gateway/mirror/abilities.js';
import { encodeFrame } from '../../../../src/gateway/mirror/frame.js';
import type { Grid } from '../../../../src/gateway/mirror/grid.js';
import { ScreenModel } from '../../../../src/gateway/mirror/screen-model.js';
import { Random } from '../../../helpers/random.js';
import { WatchedScreen } from '../../../helpers/watched-screen.js';

const SIZE = { cols: 80, rows: 24 };

/**
 * What a mirror's client at 80x24 got while a program ran (tmux 3.3a, read every 20 ms), and what tmux
 * said of its pane at the end.
 */
function recorded(name: string, ending: 'stream' | 'txt'): Buffer {
  return readFileSync(new URL(`../../../fixtures/streams/${name}.${ending}`, import.meta.url));
}

describe('a recorded stream', () => {
  test.each(['vim', 'htop', 'less', 'progress', 'chat'])(
    'of %s is shown cell by cell, frame after frame, some left out',
    async (name) => {
      const stream = recorded(name, 'stream');
      const random = new Random(stream.length);
      using screen = new WatchedScreen(SIZE);
      let understood: () => void = () => undefined;
      const model = new ScreenModel({
        size: SIZE,
        onChange: () => understood(),
        onPressure: () => undefined,
      });
      let shown: Grid | undefined;
      for (let at = 0; at < stream.length; ) {
        const piece = stream.subarray(at, at + 1 + random.below(1500));
        at += piece.length;
        await new Promise<void>((resolve) => {
          understood = resolve;
          model.write(piece);
        });
        if (random.below(3) === 0) continue;
        const options = {
          ...abilities('full', random.below(2) === 0),
          maxBytes: 1 + random.below(4000),
        };
        const { bytes, reached } = encodeFrame(shown, model.snapshot(), options);
        await screen.write(bytes);
        expect(screen.differences(reached)).toEqual([]);
        shown = reached;
      }
      const { rows } = model.snapshot();
      const text = rows.map((row) => row.glyphs.join('').trimEnd()).join('\n');
      expect(`${text}\n`).toBe(recorded(name, 'txt').toString());
      model.close();
    },
  );
});
