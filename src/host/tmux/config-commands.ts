/** A command of a tmux configuration file, which tmux runs when it reads the file. */
export interface ConfigCommand {
  readonly line: number;
  /** The command's full name and its arguments, without command lists in braces. */
  readonly words: readonly string[];
  readonly hasBlock: boolean;
}

interface Token {
  readonly kind: 'word' | 'end' | 'block';
  readonly text: string;
  /** How many lines tmux has printed for the commands in a block; 0 for other tokens. */
  readonly lines: number;
}

interface Row {
  readonly line: number;
  readonly tokens: readonly Token[];
}

/**
 * Reads the commands that source-file -nv (tmux(1)) printed, each as `PATH:LINE: COMMAND`. Commands in
 * braces, which tmux prints before in lines of their own, are left out.
 */
export function readConfigCommands(printed: string, path: string): ConfigCommand[] {
  const rows: Row[] = [];
  for (const row of rowsOf(printed, path)) {
    const nested = row.tokens.reduce((sum, { lines }) => sum + lines, 0);
    rows.splice(rows.length - Math.min(nested, rows.length), nested);
    rows.push(row);
  }
  return commandsOf(rows);
}

/** Reads the printed commands with those in braces, which the command around them may run. */
export function readNestedCommands(printed: string, path: string): ConfigCommand[] {
  return commandsOf(rowsOf(printed, path));
}

function rowsOf(printed: string, path: string): Row[] {
  return printed.split('\n').flatMap((row) => {
    const text = row.startsWith(`${path}:`) ? row.slice(path.length + 1) : '';
    const [, line, command] = /^(\d+): (.*)$/.exec(text) ?? [];
    if (line === undefined || command === undefined) return [];
    return [{ line: Number(line), tokens: new Tokens(command).read() }];
  });
}

function commandsOf(rows: readonly Row[]): ConfigCommand[] {
  return rows.flatMap(({ line, tokens }) => split(tokens).map((each) => commandOf(line, each)));
}

function split(tokens: readonly Token[]): Token[][] {
  const commands: Token[][] = [[]];
  for (const token of tokens) {
    if (token.kind === 'end') commands.push([]);
    else commands.at(-1)?.push(token);
  }
  return commands.filter(({ length }) => length > 0);
}

function commandOf(line: number, tokens: readonly Token[]): ConfigCommand {
  const words = tokens.filter(({ kind }) => kind === 'word').map(({ text }) => text);
  return { line, words, hasBlock: words.length < tokens.length };
}

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r' };

/** Reads a command as tmux prints it: words, escaped by backslashes or in quotes. */
class Tokens {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  /** Reads to the end, or to the brace that closes a block. */
  read(): Token[] {
    const tokens: Token[] = [];
    for (;;) {
      while (this.#text[this.#at] === ' ') this.#at += 1;
      if (this.#at >= this.#text.length) return tokens;
      const start = this.#at;
      const text = this.#word();
      const raw = this.#text.slice(start, this.#at);
      if (raw === '}') return tokens;
      if (raw === '{') tokens.push(blockOf(this.read()));
      else tokens.push({ kind: /^;;?$/.test(raw) ? 'end' : 'word', text, lines: 0 });
    }
  }

  #word(): string {
    let [text, quote] = ['', ''];
    for (; this.#at < this.#text.length; this.#at += 1) {
      const character = this.#text[this.#at] ?? '';
      if (character === ' ' && quote === '') break;
      if (character === '\\' && quote !== "'") text += this.#escaped();
      else if (quote === '' ? `"'`.includes(character) : character === quote) {
        quote = quote === '' ? character : '';
      } else text += character;
    }
    return text;
  }

  #escaped(): string {
    const octal = /^[0-7]{3}/.exec(this.#text.slice(this.#at + 1, this.#at + 4))?.[0];
    this.#at += octal === undefined ? 1 : 3;
    const next = this.#text[this.#at] ?? '';
    return octal === undefined
      ? (ESCAPES[next] ?? next)
      : String.fromCharCode(Number.parseInt(octal, 8));
  }
}

function blockOf(inner: readonly Token[]): Token {
  const ends = inner.filter(({ kind, text }) => kind === 'end' && text === ';;').length;
  const own = inner.length === 0 ? 0 : ends + 1;
  // The lines of blocks within this block were left out with the commands that they belong to.
  return { kind: 'block', text: '', lines: own };
}
