import type { Slices } from '../../base/slices.js';

/** What capture-pane -e (tmux(1)) prints: SGR, shifts to line drawing and back, hyperlinks (from 3.4). */
const TOKEN =
  /\u001b\[([\d;:]*)m|\u001b\][^\u0007\u001b]*(?:\u0007|\u001b\\)|[\u0000-\u001f\u007f-\u009f]|[^\u0000-\u001f\u007f-\u009f]+/g;
/** What a terminal shows for these characters while it draws lines (terminfo(5), Line Graphics). */
const DRAWN: Readonly<Record<string, string>> = {
  ...{ '`': '◆', a: '▒', b: '␉', c: '␌', d: '␍', e: '␊', f: '°', g: '±', h: '␤', i: '␋' },
  ...{ j: '┘', k: '┐', l: '┌', m: '└', n: '┼', o: '⎺', p: '⎻', q: '─', r: '⎼', s: '⎽' },
  ...{ t: '├', u: '┤', v: '┴', w: '┬', x: '│', y: '≤', z: '≥', '{': 'π', '|': '≠' },
  ...{ '}': '£', '~': '·' },
};

/**
 * Makes each captured line complete in itself: tmux continues the style and character set of the line
 * before. Works in slices, since many coloured lines take long.
 */
export async function completeLines(lines: readonly string[], slices: Slices): Promise<string[]> {
  await slices.next();
  const completer = new Completer();
  const complete: string[] = [];
  for (const line of lines) {
    complete.push(completer.complete(line));
    if (slices.isOver) await slices.next();
  }
  return complete;
}

/** The style with which a complete line ends: the SGR that was set last, its text, and the reset. */
const LAST_STYLE = /\u001b\[(?:0;)?([\d;:]+)m[^\u001b]*\u001b\[0m$/;
const END = '\u001b[0m';

/** Joins two complete lines; a style that continues is not ended and begun again between them. */
export function joinedLines(line: string, next: string): string {
  const style = line.endsWith(END) ? LAST_STYLE.exec(line)?.[1] : undefined;
  const begin = `\u001b[${style}m`;
  if (style === undefined || !next.startsWith(begin)) return line + next;
  return line.slice(0, -END.length) + next.slice(begin.length);
}

class Completer {
  readonly #style = new Style();
  #isDrawing = false;

  complete(line: string): string {
    // The pieces are joined at the end, since V8 keeps a string that was added up as a tree of pieces.
    const complete: string[] = [];
    let shown = '';
    for (const [token, parameters] of line.matchAll(TOKEN)) {
      if (parameters !== undefined) this.#style.apply(parameters);
      else if (token === '\x0e' || token === '\x0f') this.#isDrawing = token === '\x0e';
      else if (!isControl(token)) {
        const style = this.#style.parameters;
        complete.push(styleChange(shown, style), this.#isDrawing ? drawn(token) : token);
        shown = style;
      }
    }
    complete.push(styleChange(shown, ''));
    return complete.join('');
  }
}

function styleChange(from: string, to: string): string {
  if (from === to) return '';
  if (from === '') return `\x1b[${to}m`;
  return to === '' ? '\x1b[0m' : `\x1b[0;${to}m`;
}

function drawn(text: string): string {
  return text.replace(/[`-~]/g, (letter) => DRAWN[letter] ?? letter);
}

function isControl(token: string): boolean {
  return token < ' ' || (token >= '\x7f' && token < '\xa0');
}

/** The sum of SGR sequences (ECMA-48 §8.3.117): one entry per attribute, so that it stays short. */
class Style {
  readonly #set = new Map<string, string>();
  #parameters: string | undefined = '';

  /** The parameters of one SGR sequence that sets the whole style; empty for plain text. */
  get parameters(): string {
    this.#parameters ??= [...this.#set.values()].join(';');
    return this.#parameters;
  }

  apply(parameters: string): void {
    this.#parameters = undefined;
    const words = parameters.split(';');
    for (let at = 0; at < words.length; ) {
      const word = words[at] ?? '';
      const length = wordsOf(word, words[at + 1]);
      this.#put(word, words.slice(at, at + length).join(';'));
      at += length;
    }
  }

  #put(word: string, whole: string): void {
    const code = Number.parseInt(word, 10) || 0;
    if (code === 0) this.#set.clear();
    else if (code === 39 || code === 49 || code === 59) this.#set.delete(kindOf(code));
    else this.#set.set(kindOf(code), whole);
  }
}

/** How many parameters belong together: an extended colour has several (`38;5;N`, `38;2;R;G;B`). */
function wordsOf(word: string, next: string | undefined): number {
  if (word !== '38' && word !== '48' && word !== '58') return 1;
  if (next === '5') return 3;
  return next === '2' ? 5 : 1;
}

function kindOf(code: number): string {
  if ((code >= 30 && code <= 39) || (code >= 90 && code <= 97)) return 'foreground';
  if ((code >= 40 && code <= 49) || (code >= 100 && code <= 107)) return 'background';
  return code === 58 || code === 59 ? 'underline colour' : `attribute ${code}`;
}
