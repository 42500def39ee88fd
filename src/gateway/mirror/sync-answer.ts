/** A terminal's answer whether it knows synchronised updates (DECRPM of mode 2026). */
const ANSWER = /\u001b\[\?2026;\d\$y/;

/** What was typed without the answer to a viewer's question, which tmux would type into the pane. */
export function withoutSyncAnswer(bytes: Uint8Array): Uint8Array {
  const text = Buffer.from(bytes).toString('latin1');
  return ANSWER.test(text) ? Buffer.from(text.replace(ANSWER, ''), 'latin1') : bytes;
}
