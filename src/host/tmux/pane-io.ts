import { randomBytes } from 'node:crypto';
import { UsageError } from '../../base/errors.js';
import type { PaneId } from '../../base/ids.js';
import { requireKeyCount, requireTextSize } from '../../base/pane.js';
import { visible } from '../../base/visible.js';
import { commandLine } from './command-line.js';
import type { ControlConnection } from './control-connection.js';
import { variable } from './rows.js';

/** tmux(1), KEY BINDINGS: modifiers before one character or one of the named keys. */
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
 * Types text as one paste, which copy mode does not swallow, and Enter with it: one act of tmux, so that
 * nobody else's input comes between.
 *
 * @throws UsageError for more than `MAX_TEXT_BYTES`, and for control characters other than tab and newline: such text
 * could end the paste early and act as keys.
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
 * Presses keys by tmux's names, all in one act.
 *
 * @throws UsageError for too many keys, and for what is none.
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

/** tmux keeps each command for `show-messages`, what is typed by it included, unless it is told not to. */
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
    // Pasted or not: it must not stay for whoever pastes next.
    await control.ask('delete-buffer', ['-b', buffer]);
  }
}

/**
 * Has tmux do all of `commands` in one step, after leaving copy mode, which would take keys for itself; nothing in
 * a pane whose command has ended: a paste into a dead pane crashes tmux 3.3a.
 */
async function act(control: ControlConnection, pane: PaneId, commands: string[][]): Promise<void> {
  if (commands.length === 0) return;
  const step = commandLine(['copy-mode', '-q', '-t', pane], ...commands);
  await control.ask('if-shell', ['-F', '-t', pane, variable('pane_dead'), '', step]);
}
