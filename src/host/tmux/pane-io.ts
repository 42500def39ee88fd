import { randomBytes } from 'node:crypto';
import { UsageError } from '../../base/errors.js';
import type { PaneId } from '../../base/ids.js';
import { requireKeyCount, requireTextSize } from '../../base/pane.js';
import { visible } from '../../base/visible.js';
import { commandLine } from './command-line.js';
import type { ControlConnection } from './control-connection.js';
import { variable } from './rows.js';

/** A key by tmux's names (tmux(1), KEY BINDINGS): modifiers, and one character or a named key. */
const KEY =
  /^(?:(?:[CMS]-){0,3}(?:[^\p{C}\s]|Enter|Escape|Tab|BTab|Space|BSpace|Up|Down|Left|Right|Home|End|PageUp|PgUp|PPage|PageDown|PgDn|NPage|Insert|IC|Delete|DC|F(?:[1-9]|1[0-2]))|\^[^\p{C}\s])$/iu;

function requireText(text: string): void {
  if (/[^\P{Cc}\t\n]/u.test(text)) {
    throw new UsageError('text must not contain control characters other than tab and newline', {
      hint: 'press keys with: triad keys PANE KEY...',
    });
  }
  requireTextSize(text);
}

function requireKeys(keys: readonly string[]): void {
  requireKeyCount(keys);
  for (const key of keys) {
    if (!KEY.test(key)) {
      throw new UsageError(`${visible(key)} is not a key`, {
        hint: 'keys are characters or names such as Enter, Escape, Tab, Up, F1, C-c, M-x',
      });
    }
  }
}

/**
 * Types text as one paste, with Enter where asked for, in one step of tmux, so that no other input comes
 * between.
 *
 * @throws UsageError for more than `MAX_TEXT_BYTES`, and for control characters other than tab and
 *   newline: such text could end the paste early and act as keys.
 */
export async function sendText(
  control: ControlConnection,
  pane: PaneId,
  request: { text: string; enter: boolean },
): Promise<void> {
  requireText(request.text);
  await keepNoCommands(control);
  const enter = request.enter ? [['send-keys', '-t', pane, 'Enter']] : [];
  if (request.text === '') await act(control, pane, enter);
  else await paste(control, pane, { text: request.text, then: enter });
}

/**
 * Presses keys by tmux's names, all in one step of tmux.
 *
 * @throws UsageError for too many keys, and for a word that is no key.
 */
export async function pressKeys(
  control: ControlConnection,
  pane: PaneId,
  keys: readonly string[],
): Promise<void> {
  requireKeys(keys);
  await keepNoCommands(control);
  await act(control, pane, [['send-keys', '-t', pane, '--', ...keys]]);
}

/** Has tmux keep no commands for show-messages (tmux(1), message-limit): they contain what is typed. */
async function keepNoCommands(control: ControlConnection): Promise<void> {
  await control.ask('set-option', ['-s', 'message-limit', '0']);
}

async function paste(
  control: ControlConnection,
  pane: PaneId,
  { text, then }: { text: string; then: string[][] },
): Promise<void> {
  const buffer = `triad-${randomBytes(6).toString('hex')}`;
  await control.ask('set-buffer', ['-b', buffer, '--', text]);
  try {
    await act(control, pane, [['paste-buffer', '-p', '-b', buffer, '-t', pane], ...then]);
  } finally {
    // The buffer must not stay for the next person who pastes, even if this paste failed.
    await control.ask('delete-buffer', ['-b', buffer]);
  }
}

/**
 * Has tmux do all of `commands` in one step, after it left copy mode, which would take the keys. Does
 * nothing in a dead pane, since a paste into it crashes tmux 3.3a.
 */
async function act(control: ControlConnection, pane: PaneId, commands: string[][]): Promise<void> {
  if (commands.length === 0) return;
  const step = commandLine(['copy-mode', '-q', '-t', pane], ...commands);
  await control.ask('if-shell', ['-F', '-t', pane, variable('pane_dead'), '', step]);
}
