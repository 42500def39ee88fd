import headless, { type Terminal } from '@xterm/headless';
import type { ColumnRules } from '../../base/columns.js';
import type { TerminalSize } from '../../base/terminal-size.js';
import { CharacterWidth } from './character-width.js';

/** The emulator has no fewer columns (xterm.js, `MINIMUM_COLS`). */
const MIN_COLS = 2;

/**
 * A terminal that only listens: it keeps no lines that scrolled off, counts columns as tmux does, and its
 * answers to what it is asked go nowhere.
 */
export function createEmulator(size: TerminalSize, columns?: ColumnRules): Terminal {
  const terminal = new headless.Terminal({
    ...emulatorSize(size),
    scrollback: 0,
    allowProposedApi: true,
    logLevel: 'off',
  });
  const width = new CharacterWidth(columns);
  terminal.unicode.register(width);
  terminal.unicode.activeVersion = width.version;
  return terminal;
}

export function emulatorSize({ cols, rows }: TerminalSize): TerminalSize {
  return { cols: Math.max(cols, MIN_COLS), rows };
}
