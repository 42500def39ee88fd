/** Stands at the bottom right: an observer who sees it has the whole screen. */
export const END_OF_SCREEN = '#whole#';

const STAMP = /stamp (\d{13}\.\d)\/(\d{4})/g;
const CHECK_PRIME = 9973;
const LEVELS = ['\x1b[32mINFO ', '\x1b[33mWARN ', '\x1b[1;31mERROR', '\x1b[38;5;244mDEBUG'];

/** A line of log that says when it was written, in ms since 1970. */
export function stampNow() {
  const at = epochMsNow().toFixed(1);
  return `\x1b[32mINFO \x1b[0m \x1b[36mworker\x1b[0m stamp ${at}/${checkOf(at)} \x1b[2mstep done\x1b[0m`;
}

/** The times on a screen's line; one of which a part was drawn over does not count. @param {string} line */
export function stampsOn(line) {
  const whole = [...line.matchAll(STAMP)].filter(([, at = '', check]) => checkOf(at) === check);
  return whole.map(([, at]) => Number(at));
}

/** Milliseconds since 1970, the same in all processes, and finer than `Date.now()`. */
export function epochMsNow() {
  return performance.timeOrigin + performance.now();
}

/** @param {string} at */
function checkOf(at) {
  return String(Number(at.replace('.', '')) % CHECK_PRIME).padStart(4, '0');
}

/** Whole lines of coloured log, that many bytes or a few more. @param {number} bytes */
export function colouredLog(bytes) {
  let text = '';
  for (let line = 0; text.length < bytes; line += 1) {
    const level = LEVELS[line % LEVELS.length] ?? '';
    const colour = `\x1b[38;2;${line % 256};${(line * 7) % 256};180m`;
    text += `${level}\x1b[0m ${colour}request ${line * 7919}\x1b[0m took \x1b[1m${line % 997}\x1b[0m ms\r\n`;
  }
  return text;
}

/** Makes lines of plain text, each another one. @param {number} count */
export function plainLines(count) {
  const line = (/** @type {number} */ number) =>
    `line ${number} of a log that is quite ordinary, with some words in it and ${number * 7919}\r\n`;
  return Array.from({ length: count }, (_, number) => line(number)).join('');
}
