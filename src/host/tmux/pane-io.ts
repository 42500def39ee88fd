import { randomBytes } from 'node:crypto';
import { UsageError } from '../../base/errors.js';
import type { PaneId } from '../../base/ids.js';
import { visible } from '../../base/visible.js';
import { commandLine } from './command-line.js';
import type { ControlConnection } from './control-connection.js';
import { variable } from './rows.js';

/** What may be pasted at once: more belongs into a file. */
export const MAX_TEXT_BYTES = 64 * 1024;
/** Keys in one command; tmux reads a line of any length, a person presses fewer. */
const MAX_KEYS = 1_000;
/** tmux(1), KEY BINDINGS: modifiers before one character or one of the named keys. */
const KEY =
  /^(?:(?:[CMS]-){0,3}(?:[^\p{C}\s]|Enter|Escape|Tab|BTab|Space|BSpace|Up|Down|Left|Right|Home|End|PageUp|PgUp|PPage|PageDown|PgDn|NPage|Insert|IC|Delete|DC|F(?:[1-9]|1[0-2]))|\^[^\p{C}\s])$/iu;

/**
 * Types text as one paste, which copy mode does not swallow, and then Enter.
 *
 * @throws UsageError for text with control characters other than tab and newline: such text could
 * end the paste early and act as keys.
 */
export async function sendText(
  control: ControlConnection,
  pane: PaneId,
  request: { text: string; enter: boolean },
): Promise<void> {
  if (/[^\P{Cc}\t\n]/u.test(request.text)) {
    throw new UsageError('text must not contain control characters other than tab and newline', {
      hint: 'press keys with: triad keys PANE KEY...',
    });
  }
  if (Buffer.byteLength(request.text) > MAX_TEXT_BYTES) {
    throw new UsageError(`text must be at most ${MAX_TEXT_BYTES} bytes`);
  }
  await keepNoCommands(control);
  if (request.text !== '') await paste(control, pane, request.text);
  if (request.enter) await control.ask('send-keys', ['-t', pane, 'Enter']);
}

/** Presses keys by tmux's names, after leaving copy mode, which would take them for itself. */
export async function pressKeys(
  control: ControlConnection,
  pane: PaneId,
  keys: readonly string[],
): Promise<void> {
  if (keys.length > MAX_KEYS) throw new UsageError(`at most ${MAX_KEYS} keys at once`);
  for (const key of keys) {
    if (!KEY.test(key)) {
      throw new UsageError(`${visible(key)} is not a key`, {
        hint: 'keys are characters or names such as Enter, Escape, Tab, Up, F1, C-c, M-x',
      });
    }
  }
  await keepNoCommands(control);
  await control.ask('copy-mode', ['-q', '-t', pane]);
  await control.ask('send-keys', ['-t', pane, '--', ...keys]);
}

/** tmux keeps each command for `show-messages`, what is typed by it included, unless it is told not to. */
async function keepNoCommands(control: ControlConnection): Promise<void> {
  await control.ask('set-option', ['-s', 'message-limit', '0']);
}

async function paste(control: ControlConnection, pane: PaneId, text: string): Promise<void> {
  const buffer = `triad-${randomBytes(6).toString('hex')}`;
  await control.ask('set-buffer', ['-b', buffer, '--', text]);
  // Asked and pasted in one step inside the server: a paste into a dead pane crashes tmux 3.3a.
  const pasteAlive = commandLine(
    ['copy-mode', '-q', '-t', pane],
    ['paste-buffer', '-p', '-b', buffer, '-t', pane],
  );
  try {
    await control.ask('if-shell', ['-F', '-t', pane, variable('pane_dead'), '', pasteAlive]);
  } finally {
    // Pasted or not: it must not stay for whoever pastes next.
    await control.ask('delete-buffer', ['-b', buffer]);
  }
}
