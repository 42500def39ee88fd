/** @typedef {import('./results.mjs').Figure} Figure */
/** @typedef {import('./results.mjs').Missing} Missing */

const START = '<!-- bench: start -->';
const END = '<!-- bench: end -->';
const HEAD = ['measure', 'condition', 'Triad', 'compared with', 'ratio', 'aim', 'met'];

/** The rows as a Markdown table. @param {readonly (Figure | Missing)[]} rows */
export function tableOf(rows) {
  const lines = [HEAD, HEAD.map(() => '---'), ...rows.map(cellsOf)];
  return lines.map((cells) => `| ${cells.join(' | ')} |\n`).join('');
}

/** @param {Figure | Missing} row @returns {string[]} */
function cellsOf(row) {
  if ('reason' in row) return [row.measure, row.condition, row.reason, '', '', '', ''];
  const { unit, triad, other, aim, note } = row;
  return [
    row.measure,
    note === undefined ? row.condition : `${row.condition}; ${note}`,
    textOf(triad, unit),
    other === undefined ? missingText(aim) : `${other.name}: ${textOf(other.spread, unit)}`,
    other === undefined ? '' : ratioText(triad.value / other.spread.value),
    aim?.text ?? '',
    { true: 'yes', false: 'no', undefined: '' }[`${aim?.isMet}`] ?? '',
  ];
}

/** An aim that could not be judged lacks what it is compared with. @param {import('./results.mjs').Aim} [aim] */
function missingText(aim) {
  return aim !== undefined && aim.isMet === undefined ? 'not measured' : '';
}

/** @param {import('../statistics.mjs').Spread} spread @param {string} unit */
function textOf({ value, low, high }, unit) {
  const range = low === value && high === value ? '' : ` (${short(low)} to ${short(high)})`;
  return `${short(value)} ${unit}${range}`;
}

/** @param {number} ratio */
function ratioText(ratio) {
  return Number.isFinite(ratio) ? short(ratio) : '';
}

/** Three significant digits. @param {number} value */
function short(value) {
  const digits = Math.max(0, 2 - Math.floor(Math.log10(Math.max(Math.abs(value), 0.001))));
  return value.toFixed(digits);
}

/**
 * Puts `text` between the markers of a page, whose rest stays as it is.
 *
 * @param {string} page @param {string} text
 * @throws {Error} when the page has no markers
 */
export function replaceMarked(page, text) {
  const start = page.indexOf(START);
  const end = page.indexOf(END);
  if (start < 0 || end < start) throw new Error(`the page has no ${START} and ${END}`);
  return `${page.slice(0, start + START.length)}\n\n${text}\n${page.slice(end)}`;
}
