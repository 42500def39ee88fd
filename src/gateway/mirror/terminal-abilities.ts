import {
  type Abilities,
  abilities,
  type Level,
  levelByNumber,
  levelOf,
  mayBeAsked,
} from './abilities.js';

export interface TerminalKind {
  /** The name of its type, as the client sent it; anything. */
  readonly term: string;
  /** The person's side said that it has 24-bit colours (`COLORTERM`). */
  readonly hasTrueColour: boolean;
}

/** What a terminal said when it was asked: DECRPM of mode 2026, DA2, XTVERSION. */
export type TerminalAnswer =
  | { readonly kind: 'sync'; readonly hasSync: boolean }
  | { readonly kind: 'number'; readonly parameters: string }
  | { readonly kind: 'version' };
type Kind = TerminalAnswer['kind'];

const QUESTIONS: Readonly<Record<Kind, string>> = {
  sync: '\x1b[?2026$p',
  number: '\x1b[>c',
  version: '\x1b[>q',
};
const ANSWERS: Readonly<Record<Kind, RegExp>> = {
  sync: /\u001b\[\?2026;(\d)\$y/,
  number: /\u001b\[(>[\d;]{0,32})c/,
  version: /\u001bP>\|[^\u001b]{0,256}\u001b\\/,
};
/** The beginning of an answer, cut off by the end of a piece; of no key that is typed. */
const BEGINNING = /\u001b(?:\[\?[\d;$]{0,8}|\[>[\d;]{0,32}|P>[^\u001b]{0,257}\u001b?)$/;
/** What somebody may type until an answer that has not come is not looked for any more. */
const MAX_AWAITED_BYTES = 64 * 1024;
const ESC = 0x1b;

/**
 * Knows what the terminal of one attachment can do: by its name at first, and by what it answers. Each
 * question is asked once, whatever the attachment becomes, and its answer is never typed into a pane.
 */
export class TerminalAbilities {
  readonly #named: Level;
  readonly #mayBeAsked: boolean;
  readonly #asked = new Set<Kind>();
  readonly #awaited = new Set<Kind>();
  #awaitedBytes = 0;
  #rest = '';
  #answered: Level | undefined;
  #hasSync = false;

  constructor({ term, hasTrueColour }: TerminalKind) {
    this.#named = levelOf(term, hasTrueColour);
    this.#mayBeAsked = mayBeAsked(term);
  }

  get now(): Abilities {
    return abilities(this.#answered ?? this.#named, this.#hasSync);
  }

  /** What asks the terminal, where that was not done yet and does no harm. */
  questions(): string {
    const kinds: readonly Kind[] = this.#mayBeAsked ? ['sync', 'number', 'version'] : ['sync'];
    const open = kinds.filter((kind) => !this.#asked.has(kind));
    for (const kind of open) {
      this.#asked.add(kind);
      this.#awaited.add(kind);
    }
    return open.map((kind) => QUESTIONS[kind]).join('');
  }

  /** An answer has come, asked for or not: it changes nothing but what this terminal is shown. */
  note(answer: TerminalAnswer): void {
    this.#awaited.delete(answer.kind);
    if (answer.kind === 'sync') this.#hasSync = answer.hasSync;
    else if (answer.kind === 'version') this.#answered ??= 'full';
    else this.#answered = levelByNumber(answer.parameters) ?? this.#answered;
  }

  /** What was typed without the answers that are awaited, which are noted. */
  withoutAnswers(bytes: Uint8Array): Uint8Array {
    if (this.#awaited.size === 0 && this.#rest === '') return bytes;
    this.#count(bytes.length);
    if (this.#rest === '' && !bytes.includes(ESC)) return bytes;
    let text = this.#rest + Buffer.from(bytes).toString('latin1');
    for (const kind of this.#awaited) text = this.#without(kind, text);
    const rest = this.#awaited.size === 0 ? undefined : BEGINNING.exec(text)?.[0];
    this.#rest = rest ?? '';
    return Buffer.from(text.slice(0, text.length - this.#rest.length), 'latin1');
  }

  #count(bytes: number): void {
    this.#awaitedBytes += bytes;
    if (this.#awaitedBytes > MAX_AWAITED_BYTES) this.#awaited.clear();
  }

  #without(kind: Kind, text: string): string {
    const found = ANSWERS[kind].exec(text);
    if (found === null) return text;
    this.note(answerOf(kind, found[1] ?? ''));
    return text.slice(0, found.index) + text.slice(found.index + found[0].length);
  }
}

/** @param said of DECRPM the state, of DA2 its parameters. */
export function answerOf(kind: Kind, said: string): TerminalAnswer {
  if (kind === 'version') return { kind };
  // 1, 2 and 3: the mode is known; 0 and 4: not, or never in force.
  if (kind === 'sync') return { kind, hasSync: ['1', '2', '3'].includes(said) };
  return { kind, parameters: said };
}
