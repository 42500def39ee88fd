/** The longest base64 that tmux and xterm take in an OSC 52. */
const MAX_BASE64 = 74_994;
const MAX_TEXT_BYTES = Math.floor(MAX_BASE64 / 4) * 3;

export interface Copy {
  readonly bytes: Uint8Array;
  /** Not all of the text fitted. */
  readonly isCut: boolean;
}

/**
 * Makes the sequence that puts a text into the clipboard of the reader's terminal (xterm, OSC 52).
 */
export function copyToClipboard(lines: Iterable<string>): Copy {
  const all = Buffer.from(textOf(lines));
  const kept = all.subarray(0, wholeCharacters(all, MAX_TEXT_BYTES));
  return {
    bytes: Buffer.from(`\x1b]52;c;${kept.toString('base64')}\x07`),
    isCut: kept.length < all.length,
  };
}

/** Joins the lines; those beyond the limit are not even read. */
function textOf(lines: Iterable<string>): string {
  const texts: string[] = [];
  let bytes = 0;
  for (const line of lines) {
    const text = line.replace(/\p{Cc}/gu, '').trimEnd();
    texts.push(text);
    bytes += Buffer.byteLength(text);
    if (bytes > MAX_TEXT_BYTES) break;
  }
  return texts.join('\n');
}

function wholeCharacters(text: Uint8Array, maxBytes: number): number {
  if (text.length <= maxBytes) return text.length;
  let end = maxBytes;
  // A byte 10xxxxxx continues a character (RFC 3629).
  while (end > 0 && ((text[end] ?? 0) & 0xc0) === 0x80) end -= 1;
  return end;
}
