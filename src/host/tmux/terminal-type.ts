import { existsSync } from 'node:fs';
import { join } from 'node:path';

/** Nearly every terminal speaks this; what a client gets whose own type cannot be used. */
const FALLBACK = 'xterm-256color';
/** Families that tmux can draw on. A name outside them may have an entry without `clear`. */
const FAMILIES =
  /^(xterm|screen|tmux|linux|vt100|vt102|vt220|vt320|rxvt|alacritty|foot|wezterm|st|konsole|gnome|vte|putty|cygwin|mintty|iterm2?|mlterm|contour|ghostty|kitty|eterm|nsterm|ms-terminal)([-+.][a-zA-Z0-9+.-]*)?$/i;
/** The longest name in the terminfo database is half of this. */
const MAX_NAME_LENGTH = 64;
/** terminfo(5): where entries lie, by first letter or its hexadecimal code. */
const DATABASES = ['/etc/terminfo', '/lib/terminfo', '/usr/share/terminfo', '/usr/lib/terminfo'];

/** The terminal type to start a tmux client with: the client's own where this host knows it. */
export function usableTerminalType(term: string): string {
  if (term.length > MAX_NAME_LENGTH || !FAMILIES.test(term)) return FALLBACK;
  return hasTerminfoEntry(term) ? term : FALLBACK;
}

/**
 * What the terminal can do beyond its terminfo entry, as `tmux -T` takes it: terminals of today have
 * 24-bit colour and bracketed paste, but their entries do not say so.
 */
export function terminalFeatures(usableType: string): string {
  const isPlain = /^(linux|vt\d+|cygwin|screen)$/.test(usableType);
  return isPlain ? '' : '256,RGB,bpaste,ccolour,cstyle,mouse,overline,strikethrough';
}

function hasTerminfoEntry(term: string): boolean {
  const first = term.charAt(0);
  const code = first.charCodeAt(0).toString(16);
  return DATABASES.some(
    (database) => existsSync(join(database, first, term)) || existsSync(join(database, code, term)),
  );
}
