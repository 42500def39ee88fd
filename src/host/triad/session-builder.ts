import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { ConfigurationError, InvariantError } from '../../base/errors.js';
import type { PaneId, PaneName } from '../../base/ids.js';
import type { TerminalSize } from '../../base/terminal-size.js';
import { requireTrustedFile, type TrustedPath } from '../../base/trusted-file.js';
import { layoutString } from '../plan/layout.js';
import type { PanePlan, PaneProgram, SessionPlan } from '../plan/session-plan.js';
import { commandLine } from '../tmux/command-line.js';
import {
  type Fields,
  isLessThan,
  panesOf,
  parseRows,
  type Row,
  rowArgs,
  variable,
} from '../tmux/rows.js';
import {
  crashesOnDeadPanes,
  hangsOnBorderStatus,
  hasCommonHistory,
  NO_BORDER_STATUS,
} from '../tmux/tmux-limits.js';
import { TmuxError, type TmuxServer } from '../tmux/tmux-server.js';
import { readMemory } from './pane-memory.js';
import { type KnownWindow, splitTarget } from './pane-positions.js';
import { PANE_ROW, type PaneRow } from './pane-row.js';
import type { PaneMemory } from './schema.js';

/** The size with room for every layout, until the first driver's terminal tells the window's size. */
const FIRST_SIZE: TerminalSize = { cols: 200, rows: 50 };
/** What tmux says when a pane is too small to be split. */
const NO_ROOM = /no space for new pane|pane too small/;
/** What tmux says when a session or its server is not there; other errors tell nothing about that. */
const GONE =
  /no server running|no sessions|no current target|can't find session|No such file|Connection refused|server exited/;

const NO_PANE = /can't find pane|no such pane/;

export interface SessionBuilderOptions {
  readonly plan: SessionPlan;
  readonly server: TmuxServer;
  /** The folder of the keepers' sockets, private (0700) and this session's own. */
  readonly directory: string;
  readonly keeperPath: string;
  readonly tmuxConfig: TrustedPath;
  /** The folder in which windows start that drivers open. */
  readonly cwd: string;
}

/** A pane that is marked with a name of ours, and what an earlier manager has left of it in tmux. */
export type FoundPane = Omit<Row<typeof FOUND_PANE>, 'name' | 'memory'> & {
  readonly name: PaneName;
  readonly memory: PaneMemory | undefined;
};

/** Makes one session on its tmux server, and finds the one that an earlier start made. */
export class SessionBuilder {
  readonly #options: SessionBuilderOptions;
  #plan: SessionPlan;

  constructor(options: SessionBuilderOptions) {
    this.#options = options;
    this.#plan = options.plan;
  }

  /** Makes panes by another plan from now on. */
  setPlan(plan: SessionPlan): void {
    this.#plan = plan;
  }

  keeperSocket(name: PaneName): string {
    return join(this.#options.directory, `${name}.keeper`);
  }

  /**
   * Finds the tmux id of the session that an earlier start has made whole, even if it was renamed since.
   *
   * @throws TmuxError when tmux does not say whether there is one.
   */
  async find(): Promise<string | undefined> {
    const { name } = this.#plan;
    return (await this.#sessions()).find(({ mark }) => mark === name)?.id;
  }

  /** The panes of a session that are marked with a name of ours, in tmux's order. */
  async findPanes(sessionId: string): Promise<readonly FoundPane[]> {
    const rows = await orNone(panesOf(this.#options.server, sessionId, FOUND_PANE));
    return rows.flatMap(({ name, memory, ...row }) =>
      name === undefined ? [] : [{ ...row, name, memory: readMemory(memory) }],
    );
  }

  /** The names of the panes that a session was made with: one that is missing was closed by somebody. */
  async madeNames(sessionId: string): Promise<readonly string[]> {
    const show = ['show-options', '-qv', '-t', sessionId, '@triad_panes'];
    const answer = await this.#options.server.run(show);
    return answer.toString().trim().split(' ');
  }

  /** Notes in tmux which panes a session was made with. */
  async markMade(sessionId: string): Promise<void> {
    const names = this.#plan.panes.map(({ name }) => name).join(' ');
    await this.#options.server.run(['set-option', '-t', sessionId, '@triad_panes', names]);
  }

  /** Puts a new keeper into a pane whose keeper was killed. */
  async respawn(pane: FoundPane): Promise<void> {
    const keeper = this.#keeperArgv(pane.name);
    await this.#options.server.run(['respawn-pane', '-k', '-t', pane.id, '--', ...keeper]);
  }

  /**
   * Makes the session with a keeper in each pane; no command runs yet. It is marked as whole at the very
   * end, and a session that a killed start left half-made is removed first.
   *
   * @returns the tmux id of the session.
   */
  async create(): Promise<string> {
    const { server } = this.#options;
    await this.#removeHalfMade();
    try {
      const sessionId = await this.#createPanes();
      await server.run(['set-option', '-t', sessionId, '@triad_session', this.#plan.name]);
      return sessionId;
    } catch (error) {
      await this.#removeHalfMade();
      await this.#endEmptyServer();
      throw error;
    }
  }

  /**
   * Guards tmux against dead panes, which can crash tmux 3.3 and 3.4 (tmux issues 3776 and 3830): panes of
   * people close with their command, ours stay for a new keeper, and modes of dead ones are reset.
   */
  async guardDeadPanes(sessionId: string): Promise<void> {
    const rows = await this.rows(sessionId);
    const ours = rows
      .filter(({ name }) => name !== undefined)
      .flatMap(({ id }) => keptWhenDead(id));
    const { server } = this.#options;
    // Others need none, and from 3.7 on refuse keys where their newest client is read-only.
    const isNeeded = crashesOnDeadPanes(server.program.version);
    const dead = rows.filter(({ isDead }) => isDead && isNeeded);
    const resets = dead.flatMap(({ id }) => ['send-keys', '-R', '-t', id, ';']);
    const others = ['set-option', '-gw', 'remain-on-exit', 'off'];
    await server.run([...ours, ...resets, ...others]);
  }

  /** Checks the option that the last line of tmux.conf sets: tmux drops a faulty file without an error. */
  async requireConfiguration(): Promise<void> {
    const answer = await this.#options.server.run(['show-options', '-gqv', '@triad_conf']);
    if (answer.toString().trim() !== '1') {
      throw new ConfigurationError(`${this.#options.tmuxConfig.path}: was not applied by tmux`);
    }
    const { server } = this.#options;
    if (hangsOnBorderStatus(server.program.version)) await server.run(NO_BORDER_STATUS);
  }

  /** Removes what `create` made, and the tmux server where no other session is on it. */
  async remove(sessionId: string): Promise<void> {
    await this.#options.server.run(['kill-session', '-t', sessionId]);
    await this.#endEmptyServer();
  }

  /**
   * Makes one pane at its position among those that are there; `arrange` lays it out.
   *
   * @param beside has the arguments of split-window that say where to make it instead.
   */
  async addPane(sessionId: string, plan: PanePlan, beside?: readonly string[]): Promise<FoundPane> {
    const found = await this.findPanes(sessionId);
    const target = beside ?? this.#neighbour(plan, found);
    const keeper = ['--', ...this.#keeperArgv(plan.name)];
    const print = (command: string) => [command, ...rowArgs(command, MADE_PANE), '-d'];
    const window = [...print('new-window'), '-t', sessionId, '-n', 'triad', ...keeper];
    const make = (command: readonly string[]) => this.#makePane(command, plan.historyLines);
    const made =
      target === undefined
        ? make(window)
        : make([...print('split-window'), ...target, ...keeper]).catch((error: unknown) => {
            if (error instanceof TmuxError && NO_ROOM.test(error.message)) return make(window);
            throw error;
          });
    const id = firstOf(await made, MADE_PANE).id;
    await this.#name(id, plan);
    const all = await this.findPanes(sessionId);
    const pane = all.find((each) => each.id === id);
    if (pane === undefined) throw new TmuxError('list-panes', `${id} was closed at once`);
    return pane;
  }

  /** Ends a pane with everything in it; does nothing where it is gone. */
  async removePane(id: PaneId): Promise<void> {
    await this.#options.server.run(['kill-pane', '-t', id]).catch(ignoreGone);
  }

  /** Sets a pane's title; does nothing where it is gone, since it is named when it is made again. */
  async retitle(id: PaneId, plan: PanePlan): Promise<void> {
    await this.#name(id, plan).catch(ignoreGone);
  }

  /** Gives a window back the layout it had, unless other panes are in it than there were then. */
  async restore(sessionId: string, window: KnownWindow): Promise<void> {
    const rows = (await this.rows(sessionId)).filter(
      ({ windowId }) => windowId === window.windowId,
    );
    const ids = rows.map(({ id }) => id);
    if (ids.join(' ') !== window.ids.join(' ')) return;
    await this.#options.server.run(['select-layout', '-t', window.windowId, window.layout]);
  }

  /** The rows of all panes of a session; none when it is not there. */
  async rows(sessionId: string): Promise<readonly PaneRow[]> {
    return orNone(panesOf(this.#options.server, sessionId, PANE_ROW));
  }

  /** Lays the panes out as configured. */
  async arrange(sessionId: string): Promise<void> {
    const select = await this.#selectLayout(sessionId);
    if (select !== undefined) await this.#options.server.run(select);
  }

  /** Lays the panes of a new session out, unless somebody has opened, closed or zoomed a pane by now. */
  async arrangeUntouched(sessionId: string): Promise<void> {
    const { length } = await this.rows(sessionId);
    if (length !== this.#plan.panes.length) return;
    const select = await this.#selectLayout(sessionId);
    if (select === undefined) return;
    // The zoom is looked at in the same command, since select-layout would end it.
    const isZoomed = ['-t', sessionId, variable('window_zoomed_flag')];
    await this.#options.server.run(['if-shell', '-F', ...isZoomed, '', commandLine(select)]);
  }

  /** The command that lays the panes out as configured; undefined where that does not fit. */
  async #selectLayout(sessionId: string): Promise<readonly string[] | undefined> {
    const plan = this.#plan;
    const found = await this.findPanes(sessionId);
    const ids = plan.panes.flatMap(
      ({ name }) => found.find((each) => each.name === name)?.id ?? [],
    );
    const [first] = ids;
    if (first === undefined) return undefined;
    const layout = typeof plan.layout === 'string' ? plan.layout : await this.#explicitLayout(ids);
    return layout === undefined ? undefined : ['select-layout', '-t', first, layout];
  }

  /**
   * Makes a pane with its own scrollback, which tmux fixes at that time (tmux(1) history-limit). The option
   * is set and set back in the same command sequence, so that no other pane gets it.
   */
  async #makePane(command: readonly string[], historyLines: number | undefined): Promise<string> {
    const { server } = this.#options;
    try {
      return (await server.run(this.#withHistory(command, historyLines))).toString();
    } catch (error) {
      await server.run(RESET_HISTORY).catch(() => undefined);
      throw error;
    }
  }

  #withHistory(command: readonly string[], lines: number | undefined): readonly string[] {
    if (!hasCommonHistory(this.#options.server.program.version)) return withHistory(command, lines);
    return withCommonHistory(
      command,
      this.#plan.panes.map(({ historyLines }) => historyLines),
    );
  }

  async #createPanes(): Promise<string> {
    const { server, tmuxConfig, cwd } = this.#options;
    const plan = this.#plan;
    const [first, ...others] = plan.panes;
    if (first === undefined) throw new InvariantError('a session has at least one pane');
    const size = ['-x', `${FIRST_SIZE.cols}`, '-y', `${FIRST_SIZE.rows}`];
    const command = [
      ...['new-session', ...rowArgs('new-session', MADE_SESSION)],
      ...['-d', '-s', plan.name, '-n', 'triad', '-c', cwd, ...size],
      ...['--', ...this.#keeperArgv(first.name)],
    ];
    requireTrustedFile(tmuxConfig);
    const made = await server.start(
      tmuxConfig.path,
      this.#withHistory(command, first.historyLines),
    );
    const { sessionId, id } = firstOf(made, MADE_SESSION);
    await server.run(['resize-window', '-t', sessionId, ...size]);
    await this.#name(id, first);
    for (const pane of others) {
      await this.addPane(sessionId, pane);
      // Each split halves one pane: panes of even size leave room for the next split.
      await server.run(['select-layout', '-t', sessionId, 'tiled']);
    }
    await this.arrange(sessionId);
    await this.#focus(sessionId);
    await this.markMade(sessionId);
    return sessionId;
  }

  /** The arguments that say where to split: tmux lays panes out in the order of their window. */
  #neighbour(plan: PanePlan, there: readonly FoundPane[]): readonly string[] | undefined {
    const names = this.#plan.panes.map(({ name }) => name);
    const ids = names.map((name) => there.find((pane) => pane.name === name)?.id);
    return splitTarget(ids, names.indexOf(plan.name));
  }

  async #focus(sessionId: string): Promise<void> {
    const focused = this.#plan.panes.find((pane) => pane.hasFocus) ?? this.#plan.panes[0];
    const found = await this.findPanes(sessionId);
    const target = found.find((pane) => pane.name === focused?.name);
    if (target !== undefined) await this.#options.server.run(['select-pane', '-t', target.id]);
  }

  async #name(id: PaneId, plan: PanePlan): Promise<void> {
    const set = ['set-option', '-p', '-t', id];
    await this.#options.server.run([
      ...[...keptWhenDead(id), ...set, '@triad_title', plan.program.title, ';'],
      ...[...set, '@triad_pane', plan.name],
    ]);
  }

  /** The layout string; undefined where the window is too small or does not have exactly the planned panes. */
  async #explicitLayout(ids: readonly PaneId[]): Promise<string | undefined> {
    const { server } = this.#options;
    const plan = this.#plan;
    if (typeof plan.layout === 'string' || ids.length !== plan.panes.length) return undefined;
    const fields = { cols: 'window_width', rows: 'window_height' } as const;
    const [size] = await server.rows('display-message', fields, ['-t', ids[0] ?? '']);
    return layoutString(plan.layout, size ?? FIRST_SIZE);
  }

  /** Removes a session with our name but without our mark, in which no command was started. */
  async #removeHalfMade(): Promise<void> {
    const { server } = this.#options;
    const tmuxName = this.#plan.name.replaceAll('.', '_');
    for (const { id, name, mark } of await this.#sessions()) {
      if (name === tmuxName && mark === '') await server.run(['kill-session', '-t', id]);
    }
  }

  async #endEmptyServer(): Promise<void> {
    const { server } = this.#options;
    if ((await this.#sessions()).length > 0) return;
    if (await server.isRunning()) await server.run(['kill-server']);
  }

  #keeperArgv(name: PaneName): string[] {
    return [this.#options.keeperPath, this.keeperSocket(name), name];
  }

  #sessions(): Promise<readonly Row<typeof SESSION>[]> {
    return orNone(this.#options.server.rows('list-sessions', SESSION));
  }
}

const SESSION = { id: 'session_id', name: 'session_name', mark: '@triad_session' } as const;
const MADE_PANE = { id: 'pane_id' } as const;
const MADE_SESSION = { sessionId: 'session_id', ...MADE_PANE } as const;
const FOUND_PANE = {
  ...MADE_PANE,
  isDead: 'pane_dead',
  keeperPid: 'pane_pid',
  name: '@triad_pane',
  /** The mark of the program that was started last in it (`programMark`); empty before the first. */
  programMark: '@triad_program',
  memory: '@triad_memory',
} as const;

/** The rows; none where the session or the server is not there. */
async function orNone<T>(rows: Promise<readonly T[]>): Promise<readonly T[]> {
  try {
    return await rows;
  } catch (error) {
    if (error instanceof TmuxError && GONE.test(error.message)) return [];
    throw error;
  }
}

/** The row that tmux printed of what it made. */
function firstOf<F extends Fields>(printed: string, fields: F): Row<F> {
  const [row] = parseRows(printed.trim().split(/\r?\n/), fields);
  if (row === undefined) throw new InvariantError('tmux has not said what it made');
  return row;
}

const RESET_HISTORY = ['set-option', '-gF', 'history-limit', variable('@triad_history')];

/** Sets the history limit for one command, with the configured one kept in an option meanwhile. */
function withHistory(command: readonly string[], lines: number | undefined): readonly string[] {
  if (lines === undefined) return command;
  return [
    ...['set-option', '-gF', '@triad_history', variable('history-limit'), ';'],
    ...['set-option', '-g', 'history-limit', `${lines}`, ';'],
    ...[...command, ';', ...RESET_HISTORY],
  ];
}

/**
 * Raises the limit to the most that any pane asks for, for tmux versions in which all panes share it; the
 * configured one counts for panes that do not ask.
 */
function withCommonHistory(
  command: readonly string[],
  asked: readonly (number | undefined)[],
): readonly string[] {
  const lines = asked.filter((each) => each !== undefined);
  if (lines.length === 0) return command;
  const most = Math.max(...lines);
  const set = ['set-option', '-g', 'history-limit', `${most}`];
  if (lines.length === asked.length) return [...set, ';', ...command];
  const isLess = isLessThan('history-limit', most);
  return ['if-shell', '-F', isLess, set.join(' '), ';', ...command];
}

function ignoreGone(error: unknown): void {
  if (!(error instanceof TmuxError && NO_PANE.test(error.message))) throw error;
}

function keptWhenDead(id: PaneId): string[] {
  return ['set-option', '-p', '-t', id, 'remain-on-exit', 'on', ';'];
}

/** A hash that tells programs apart without showing them; not of the environment, which may change. */
export function programMark({ argv, cwd }: PaneProgram): string {
  return createHash('sha256')
    .update(JSON.stringify([cwd, argv]))
    .digest('hex')
    .slice(0, 16);
}
