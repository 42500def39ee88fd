/** How programs and agents ask people something, by the last line they show. */
export const DEFAULT_QUESTIONS: string[] = [
  String.raw`(?i)[\[(](y|yes)/(n|no)([/|][a-z?]+)*[\])]\s*[:?]?\s*$`,
  String.raw`(?i)\b(password|passphrase|passcode)\b[^:]*:\s*$`,
  String.raw`(?i)\b(continue|proceed|confirm|allow|approve|overwrite)\b.*\?\s*$`,
  String.raw`(?i)\b(press|hit)\b.*\b(enter|return|any key)\b.*$`,
  String.raw`(?i)\b(select|choose|enter|type)\b.*:\s*$`,
];
