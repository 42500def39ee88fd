/**
 * What terminals can show, from the least to the most: attributes of the VT100 alone, the 16 colours of aixterm, the palette
 * of 256, 24-bit colours, and with these all that the screen model knows.
 */
const LEVELS = ['attributes', '16', '256', 'rgb', 'full'] as const;
export type Level = (typeof LEVELS)[number];

/** What one terminal can do. There is one object for each combination, so that its frames are made once. */
export interface Abilities {
  readonly level: Level;
  /** Whether it knows synchronised updates (mode 2026). */
  readonly hasSync: boolean;
}

const ALL: readonly Abilities[] = LEVELS.flatMap((level) => [
  { level, hasSync: false },
  { level, hasSync: true },
]);
/** What nearly every terminal of today can do. */
export const UNKNOWN: Abilities = abilities('full', false);

export function abilities(level: Level, hasSync: boolean): Abilities {
  const found = ALL.find((each) => each.level === level && each.hasSync === hasSync);
  return found ?? { level, hasSync };
}

export function isAtLeast(level: Level, least: Level): boolean {
  return LEVELS.indexOf(level) >= LEVELS.indexOf(least);
}

/** By the name of the type, the first that fits; what is not here is taken for what nearly every terminal is today. */
const TYPES: readonly (readonly [RegExp, Level])[] = [
  [/^(dumb$|vt\d|wy\d|.*-m(ono)?$)/, 'attributes'],
  [/-(direct|truecolor)$|^(xterm-|tmux-|vte-|gnome-|konsole-)256color$/, 'full'],
  [/^(st|mlterm|mintty|contour|iterm2?)-256color$/, 'full'],
  [/-256color$/, '256'],
  [/^(linux|screen|cygwin|ansi|rxvt|putty|eterm|konsole|teraterm|nsterm|hurd|interix)\b/, '16'],
  [/^xterm(-(color|\d+color|new|vt\d+|r\d.*))?$/, '16'],
];

/** @param hasTrueColour the person's side said that their terminal has it (`COLORTERM`). */
export function levelOf(term: string, hasTrueColour: boolean): Level {
  const name = term.toLowerCase();
  const level = TYPES.find(([pattern]) => pattern.test(name))?.[1] ?? 'full';
  return hasTrueColour && !isAtLeast(level, 'rgb') ? 'rgb' : level;
}

/** Whether it may be asked what it is: what is older shows a question that it does not know. */
export function mayBeAsked(term: string): boolean {
  return levelOf(term, false) !== 'attributes' && !/^linux\b/.test(term);
}

/** Terminals by the number that they give themselves (DA2), where their name says too much or too little. */
const NUMBERS: readonly (readonly [RegExp, Level])[] = [
  // Terminal of macOS, GNU screen, rxvt-unicode: 24-bit colours come out as something else.
  [/^>(1;95|83|85)(;|$)/, '256'],
  [/^>0;136(;|$)/, 'rgb'],
];

/** What a terminal can show that answered so to DA2; undefined where that says nothing more than its name. */
export function levelByNumber(parameters: string): Level | undefined {
  return NUMBERS.find(([pattern]) => pattern.test(parameters))?.[1];
}
