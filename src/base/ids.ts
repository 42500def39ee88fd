/**
 * Owns the values and the small machinery that both processes use: ids, errors, what crosses the link, time,
 * queues, files, sockets, programs. Promises that each thing stands once, and that whatever waits or is held has
 * a limit. It must never know a room, a configuration, tmux or SSH.
 */

import { InvariantError } from './errors.js';
import { visible } from './visible.js';

declare const brand: unique symbol;
type Branded<Name extends string> = string & { readonly [brand]: Name };

/** The name of a shared session; also the SSH user name. */
export type SessionName = Branded<'SessionName'>;
/** The configured name of a pane, such as `worker`. */
export type PaneName = Branded<'PaneName'>;
/** A tmux pane id, such as `%3`. */
export type PaneId = Branded<'PaneId'>;
/** The name of an engineer: the comment of their key. */
export type EngineerName = Branded<'EngineerName'>;
/** One live view of a session, `A1`, `A2`, … within one run of the gateway. */
export type AttachmentId = Branded<'AttachmentId'>;

/** What sessions, panes and engineers may be called. */
const NAME = /^[a-z0-9._-]{1,64}$/;
/** For messages: what `NAME` accepts. */
export const NAME_RULE = '1 to 64 characters of a-z, 0-9, ".", "_" and "-"';

export function isName(text: string): boolean {
  return NAME.test(text);
}

export function sessionName(text: string): SessionName {
  return named('session', text) as SessionName;
}

export function paneName(text: string): PaneName {
  return named('pane', text) as PaneName;
}

export function engineerName(text: string): EngineerName {
  return named('engineer', text) as EngineerName;
}

export function paneId(text: string): PaneId {
  if (!/^%\d+$/.test(text)) throw new InvariantError(`not a tmux pane id: ${visible(text)}`);
  return text as PaneId;
}

export function attachmentId(serial: number): AttachmentId {
  return `A${serial}` as AttachmentId;
}

function named(what: string, text: string): string {
  if (!isName(text)) throw new InvariantError(`${what} must be ${NAME_RULE}, got ${visible(text)}`);
  return text;
}
