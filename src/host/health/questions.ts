/** What may follow a question on its line: blanks, and the border of a box around it. */
const END = String.raw`[\s│|]*$`;

/**
 * How programs and agents ask people something, by the last line they show. Each is narrow: what is
 * found in a log by mistake calls people for nothing.
 */
export const DEFAULT_QUESTIONS: string[] = [
  // Choices in brackets: apt, ssh, git, gpg, pacman; dpkg; npm; aider.
  String.raw`(?i)[\[(](y|yes)\s*[/|,]\s*(n|no)([/|,]\[?[^\])\s]{1,16}\]?)*[\])]\s*[:?]?${END}`,
  String.raw`(?i)\[default=[^\]]*\]\s*\?${END}`,
  String.raw`(?i)\?\s*\(y(es)?\)\s*:?${END}`,
  String.raw`(?i)\(y\)es/\(n\)o\b`,
  // Prompts for a name or a secret: sudo, ssh, git, docker, psql, npm.
  String.raw`(?i)\b(password|passphrase|passcode|username|login|pin|otp|(verification|one-time) code)\b( for '[^']*'|[^:]*):\s*$`,
  // Questions of agents and of programs that are about to do something.
  String.raw`(?i)\b(continue|proceed|confirm|allow|approve|overwrite|replace|remove|trust)\b.*\?${END}`,
  String.raw`(?i)\b((do|would) you (want|like|wish|prefer|approve|accept|agree)|(shall|should|may|can) (i|we))\b.*\?${END}`,
  String.raw`(?i)\b(what|which|how|where)\b.*\b((would|do|should) you (want|like|prefer|wish)|(shall|should|can|may) i)\b.*\?${END}`,
  // Requests to enter something: read -p, terraform, gpg, npm init, installers.
  String.raw`(?i)^[^\pL\pN]*(please )?(select|choose|pick|enter|type|provide)\b[^:]*[:>]\s*$`,
  String.raw`(?i)^[^\pL\pN]*(your )?(choice|selection|answer)\b[^:?]*[:?>]\s*$`,
  String.raw`(?i)^(package name|version|description|entry point|test command|git repository|keywords|author|license): (\(.*\))?\s*$`,
  String.raw`(?i)\b(press|hit) (the )?[\[<("']?(enter|return|any key)\b`,
  // Menus: claude code, codex, gh, and others that draw them with arrows.
  String.raw`^[\s│|]*[❯›]\s*\d+[.)]\s`,
  String.raw`(?i)\b\d+[.)] no, (and )?(tell|keep|exit|suggest|go)\b`,
  String.raw`(?i)\besc to (cancel|exit|reject|go back)\b`,
  String.raw`(?i)\buse (the )?arrows?([- ]keys)?\b`,
  // A prompt with nothing behind it (aider, python and its debugger), and pagers.
  String.raw`^\s*[a-z]{0,20}[>❯›]\s*$`,
  String.raw`^\s*(>>>|\(Pdb\+*\)|In \[\d+\]:)\s*$`,
  String.raw`(--More--(\(\d+%\))?|\(END\))\s*$`,
];
