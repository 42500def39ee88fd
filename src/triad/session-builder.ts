import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { InvariantError } from '../base/errors.js';
import { isName, type PaneId, type PaneName, paneId, paneName } from '../base/ids.js';
import type { TerminalSize } from '../base/terminal-size.js';
import { TmuxError, type TmuxServer } from '../tmux/tmux-server.js';
import { layoutString } from './layout.js';
import type { PanePlan, PaneProgram, SessionPlan } from './session-plan.js';

/** Room for every layout before the first driver's terminal says how large the window is. */
const FIRST_SIZE: TerminalSize = { cols: 200, rows: 50 };
/** What tmux says when a session or its server is not there; all else is no answer. */
const GONE =
  /no server running|no sessions|can't find session|No such file|Connection refused|server exited/;

export interface SessionBuilderOptions {
  readonly plan: SessionPlan;
  readonly server: TmuxServer;
  /** Private (0700) and this session's own: the keepers' sockets. */
  readonly directory: string;
  readonly keeperPath: string;
  readonly tmuxConfigPath: string;
  /** Where windows that drivers open start. */
  readonly cwd: string;
}

export interface FoundPane {
  readonly name: PaneName;
  readonly id: PaneId;
  /** Its keeper was killed; tmux keeps the pane. */
  readonly isDead: boolean;
  /** What was last started in it (`programMark`); empty before that. */
  readonly programMark: string;
}

/** Makes one session on its tmux server, and finds again what an earlier start made. */
export class SessionBuilder {
  readonly #options: SessionBuilderOptions;

  constructor(options: SessionBuilderOptions) {
    this.#options = options;
  }

  keeperSocket(name: PaneName): string {
    return join(this.#options.directory, `${name}.keeper`);
  }

  /**
   * The tmux id of the session an earlier start made whole, wherever its name went since.
   *
   * @throws TmuxError when tmux does not say whether there is one.
   */
  async find(): Promise<string | undefined> {
    const { plan } = this.#options;
    const sessions = await this.#list('list-sessions', '#{session_id}\t#{@triad_session}');
    return sessions.find(([, name]) => name === plan.name)?.[0];
  }

  /** The panes of a session that carry a name of ours, in tmux's order. */
  async findPanes(sessionId: string): Promise<FoundPane[]> {
    const format = '#{pane_id}\t#{pane_dead}\t#{@triad_pane}\t#{@triad_program}';
    const rows = await this.#list('list-panes', format, ['-s', '-t', sessionId]);
    return rows.flatMap(([id = '', dead = '', name = '', programMark = '']) =>
      isName(name)
        ? [{ id: paneId(id), name: paneName(name), isDead: dead === '1', programMark }]
        : [],
    );
  }

  /** Puts a new keeper into a pane whose keeper was killed. */
  async respawn(pane: FoundPane): Promise<void> {
    const keeper = this.#keeperArgv(pane.name);
    await this.#options.server.run(['respawn-pane', '-k', '-t', pane.id, '--', ...keeper]);
  }

  /**
   * Makes the session with a keeper in each pane; no command runs yet. It is marked as whole at the
   * very end, and what a killed start left half-made is removed first.
   *
   * @returns its tmux id.
   */
  async create(): Promise<string> {
    const { server, plan } = this.#options;
    await this.#removeHalfMade();
    try {
      const sessionId = await this.#createPanes();
      await server.run(['set-option', '-t', sessionId, '@triad_session', plan.name]);
      return sessionId;
    } catch (error) {
      await this.#removeHalfMade();
      await this.#endEmptyServer();
      throw error;
    }
  }

  /** Takes back what `create` made, with the tmux server where nothing else is on it. */
  async remove(sessionId: string): Promise<void> {
    await this.#options.server.run(['kill-session', '-t', sessionId]);
    await this.#endEmptyServer();
  }

  /** Makes one pane in its turn among those that are there; `arrange` gives it its place. */
  async addPane(sessionId: string, plan: PanePlan): Promise<FoundPane> {
    const beside = this.#neighbour(plan, await this.findPanes(sessionId)) ?? ['-t', sessionId];
    const format = ['-P', '-F', '#{pane_id}'];
    const made = await this.#options.server.run([
      ...['split-window', '-d', ...beside, ...format, '--', ...this.#keeperArgv(plan.name)],
    ]);
    const id = paneId(made.toString().trim());
    await this.#name(id, plan);
    return { id, name: plan.name, isDead: false, programMark: '' };
  }

  /** Gives the panes their places in the configured layout. */
  async arrange(sessionId: string): Promise<void> {
    const { server, plan } = this.#options;
    const found = await this.findPanes(sessionId);
    const ids = plan.panes.flatMap(
      ({ name }) => found.find((each) => each.name === name)?.id ?? [],
    );
    const [first] = ids;
    if (first === undefined) return;
    const layout = typeof plan.layout === 'string' ? plan.layout : await this.#explicitLayout(ids);
    if (layout !== undefined) await server.run(['select-layout', '-t', first, layout]);
  }

  async #createPanes(): Promise<string> {
    const { server, plan, tmuxConfigPath, cwd } = this.#options;
    const [first, ...others] = plan.panes;
    if (first === undefined) throw new InvariantError('a session has at least one pane');
    const size = ['-x', `${FIRST_SIZE.cols}`, '-y', `${FIRST_SIZE.rows}`];
    const format = ['-P', '-F', '#{session_id} #{pane_id}'];
    const made = await server.start(tmuxConfigPath, [
      ...['new-session', '-d', '-s', plan.name, '-n', 'triad', '-c', cwd, ...size, ...format],
      ...['--', ...this.#keeperArgv(first.name)],
    ]);
    const [sessionId = '', id = ''] = made.trim().split(' ');
    await server.run(['resize-window', '-t', sessionId, ...size]);
    await this.#name(paneId(id), first);
    for (const pane of others) {
      await this.addPane(sessionId, pane);
      // Each split halves one pane; an even spread keeps room for the next.
      await server.run(['select-layout', '-t', sessionId, 'tiled']);
    }
    await this.arrange(sessionId);
    await this.#focus(sessionId);
    return sessionId;
  }

  /** Where to split: tmux lays panes out in the order in which they stand in their window. */
  #neighbour(plan: PanePlan, there: readonly FoundPane[]): readonly string[] | undefined {
    const names = this.#options.plan.panes.map(({ name }) => name);
    const at = names.indexOf(plan.name);
    const find = (name: PaneName) => there.find((pane) => pane.name === name);
    const before = names
      .slice(0, at)
      .map(find)
      .filter((pane) => pane !== undefined)
      .at(-1);
    if (before !== undefined) return ['-t', before.id];
    const after = names
      .slice(at + 1)
      .map(find)
      .find((pane) => pane !== undefined);
    return after === undefined ? undefined : ['-b', '-t', after.id];
  }

  async #focus(sessionId: string): Promise<void> {
    const focused =
      this.#options.plan.panes.find((pane) => pane.hasFocus) ?? this.#options.plan.panes[0];
    const found = await this.findPanes(sessionId);
    const target = found.find((pane) => pane.name === focused?.name);
    if (target !== undefined) await this.#options.server.run(['select-pane', '-t', target.id]);
  }

  async #name(id: PaneId, plan: PanePlan): Promise<void> {
    const set = ['set-option', '-p', '-t', id];
    await this.#options.server.run([
      ...[...set, '@triad_title', plan.program.title, ';', ...set, '@triad_pane', plan.name],
    ]);
  }

  /** undefined where somebody closed a pane, so that the places do not fit, or the window is too small. */
  async #explicitLayout(ids: readonly PaneId[]): Promise<string | undefined> {
    const { server, plan } = this.#options;
    if (typeof plan.layout === 'string' || ids.length !== plan.panes.length) return undefined;
    const format = '#{window_width} #{window_height}';
    const answer = await server.run(['display-message', '-p', '-t', ids[0] ?? '', format]);
    const [cols = FIRST_SIZE.cols, rows = FIRST_SIZE.rows] = answer
      .toString()
      .split(' ')
      .map(Number);
    return layoutString(plan.layout, { cols, rows });
  }

  /** A session with our name but without our mark: no command was started in it. */
  async #removeHalfMade(): Promise<void> {
    const { server, plan } = this.#options;
    const sessions = await this.#list(
      'list-sessions',
      '#{session_id}\t#{session_name}\t#{@triad_session}',
    );
    const tmuxName = plan.name.replaceAll('.', '_');
    for (const [id = '', name, mark] of sessions) {
      if (name === tmuxName && mark === '') await server.run(['kill-session', '-t', id]);
    }
  }

  async #endEmptyServer(): Promise<void> {
    const { server } = this.#options;
    if ((await this.#list('list-sessions', '#{session_id}')).length > 0) return;
    if (await server.isRunning()) await server.run(['kill-server']);
  }

  #keeperArgv(name: PaneName): string[] {
    return [this.#options.keeperPath, this.keeperSocket(name), name];
  }

  /** Rows of tab-separated fields; none where the session or the server is not there. */
  async #list(
    subcommand: string,
    format: string,
    target: readonly string[] = [],
  ): Promise<string[][]> {
    try {
      const output = await this.#options.server.run([subcommand, ...target, '-F', format]);
      const lines = output
        .toString()
        .split('\n')
        .filter((line) => line !== '');
      return lines.map((line) => line.split('\t'));
    } catch (error) {
      if (error instanceof TmuxError && GONE.test(error.message)) return [];
      throw error;
    }
  }
}

/** Tells one program from another without showing it; its environment may change from start to start. */
export function programMark({ argv, cwd }: PaneProgram): string {
  return createHash('sha256')
    .update(JSON.stringify([cwd, argv]))
    .digest('hex')
    .slice(0, 16);
}
