/** A release by its numbers; a development build (`next-3.8`) counts as the release it leads to. */
interface Release {
  readonly major: number;
  readonly minor: number;
  /** The letter: empty for the first release, then `a`, `b`. */
  readonly patch: string;
}

const LAST_THAT_HANGS = 'c';

/** Reads a version; undefined without numbers (`master`, `openbsd-7.8`), which counts as the newest. */
export function releaseOf(version: string): Release | undefined {
  const match = /^(?:next-)?(\d+)\.(\d+)([a-z]?)/.exec(version);
  if (match === null) return undefined;
  const [, major, minor, patch = ''] = match;
  return { major: Number(major), minor: Number(minor), patch };
}

/** Whether a version is this release or a later one. */
export function isFrom(version: string, major: number, minor: number): boolean {
  const release = releaseOf(version);
  if (release === undefined) return true;
  return release.major > major || (release.major === major && release.minor >= minor);
}

/**
 * Whether a version hangs on the status of pane borders. tmux 3.7 to 3.7c never return from drawing one
 * across a client's right edge, in a pane further right than its status is long (screen-redraw.c).
 */
export function hangsOnBorderStatus(version: string): boolean {
  const release = releaseOf(version);
  if (release?.major !== 3 || release.minor !== 7) return false;
  return !version.startsWith('next-') && release.patch <= LAST_THAT_HANGS;
}

/**
 * The commands that take the status off pane borders and keep it off: setting it again would hang tmux.
 * Only versions that hang get them.
 */
export const NO_BORDER_STATUS: readonly string[] = [
  ...['set-option', '-gw', 'pane-border-status', 'off', ';'],
  ...['set-hook', '-g', 'after-set-option[90]', 'set-option -gw pane-border-status off', ';'],
  ...['set-hook', '-g', 'after-set-option[91]', 'set-option -wqu pane-border-status', ';'],
  // set-window-option has no hook of its own, so that it becomes the command that has one.
  ...['set-option', '-s', 'command-alias[90]', 'setw=set-option -w', ';'],
  ...['set-option', '-s', 'command-alias[91]', 'set-window-option=set-option -w'],
];

/** Whether a dead pane that has asked for focus events can crash tmux (tmux issue 3776). */
export function crashesOnDeadPanes(version: string): boolean {
  return !isFrom(version, 3, 5);
}

/** Whether history-limit counts for all panes, and not only for those that are made later (tmux 3.7). */
export function hasCommonHistory(version: string): boolean {
  return isFrom(version, 3, 7);
}

/**
 * What this version of tmux cannot do, in sentences for people; none for most versions.
 *
 * @param histories are the lines of scrollback that the panes of a session ask for.
 */
export function limitsOf(
  version: string,
  histories: readonly (number | undefined)[] = [],
): readonly string[] {
  const limits: string[] = [];
  if (hasCommonHistory(version) && new Set(histories).size > 1) {
    limits.push(
      `tmux ${version} keeps as much history of each pane as of the one with the most: the others get more than they ask for`,
    );
  }
  if (!hangsOnBorderStatus(version)) return limits;
  return [
    ...limits,
    `tmux ${version} hangs where pane borders have a status and a terminal is narrower than the window: panes have no names on their borders; tmux 3.6b, or one newer than 3.7c, shows them`,
  ];
}
