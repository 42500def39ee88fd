import { ASKED_CODE_POINTS, type ColumnRules } from '../../base/columns.js';
import type { ControlConnection } from './control-connection.js';
import { widthOf } from './rows.js';
import { isFrom } from './tmux-limits.js';

/** How many characters are asked for at once, which takes tmux a few milliseconds. */
const ASKED_AT_ONCE = 400;

/**
 * Asks the tmux server how it counts columns.
 *
 * @throws TmuxError with tmux's words; UnavailableError when the connection is gone.
 */
export async function askColumnRules(
  control: Pick<ControlConnection, 'ask' | 'rows'>,
): Promise<ColumnRules> {
  const fields = { version: 'version', selector: 'variation-selector-always-wide' } as const;
  const [row] = await control.rows('display-message', fields);
  const version = row?.version ?? '';
  // A tmux without this option always shows such characters wide.
  const rules = { version, isSelectorWide: row?.selector !== '0' };
  // tmux 3.3 never returns from measuring a character that its C library does not know.
  if (!isFrom(version, 3, 4)) return { ...rules, widths: '' };
  const answers: string[] = [];
  for (let start = 0; start < ASKED_CODE_POINTS.length; start += ASKED_AT_ONCE) {
    const asked = ASKED_CODE_POINTS.slice(start, start + ASKED_AT_ONCE);
    const format = asked.map((codePoint) => widthOf(String.fromCodePoint(codePoint))).join('');
    answers.push(...(await control.ask('display-message', ['-p', format])));
  }
  const widths = answers.join('');
  return { ...rules, widths: widths.length === ASKED_CODE_POINTS.length ? widths : '' };
}
