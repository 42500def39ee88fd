const NOTICE =
  'I am a few fixed rules, no language model; OPENAI_BASE_URL points the worker at a real one.';

export interface ChatMessage {
  readonly role: string;
  readonly content: string;
}

/** A choice is offered in a prompt as a line `- name: what it does`. */
const CHOICE = /^- ([a-z]{1,32}): .*$/gm;

/**
 * Answers a conversation by rule: the same messages always get the same answer.
 *
 * Where the last message of the user offers choices, the one that is mentioned least wins, the
 * first of equals; otherwise the answer says what can be counted.
 */
export function generate(messages: readonly ChatMessage[]): string {
  const last = messages.findLast((message) => message.role === 'user')?.content ?? '';
  const choices = [...last.matchAll(CHOICE)].map((match) => match[1] ?? '');
  return choices.length === 0 ? describe(last) : choose(choices, last.replaceAll(CHOICE, ''));
}

function choose(choices: readonly string[], text: string): string {
  const mentions = new Map<string, number>();
  for (const word of wordsOf(text)) mentions.set(word, (mentions.get(word) ?? 0) + 1);
  const counted = choices.map((name) => ({ name, count: mentions.get(name) ?? 0 }));
  const fewest = Math.min(...counted.map(({ count }) => count));
  const chosen = counted.find(({ count }) => count === fewest)?.name ?? '';
  return `${chosen}: mentioned least (${fewest}×). Fixed rules, no language model.`;
}

function describe(text: string): string {
  return `${NOTICE} Your message has ${text.length} characters and ${wordsOf(text).length} words.`;
}

function wordsOf(text: string): string[] {
  return text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
}

/** The text in the pieces that count as tokens: words with the blanks before them, and marks. */
export function tokensOf(text: string): string[] {
  return text.match(/\s*[\p{L}\p{N}]+|\s*[^\s\p{L}\p{N}]|\s+/gu) ?? [];
}
