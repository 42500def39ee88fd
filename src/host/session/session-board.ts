import { messageOf } from '../../base/errors.js';
import type { Presence } from '../../base/presence.js';
import type { SessionDescription } from '../../base/session-description.js';
import type { Logger } from '../../log/logger.js';
import type { ControlConnection } from '../tmux/control-connection.js';
import { type BoardOptions, paneOptions, sessionOptions, shownLiterally } from './board-texts.js';

export interface SessionBoardOptions {
  /** Throws while tmux cannot be asked. */
  readonly getControl: () => Pick<ControlConnection, 'ask' | 'rows'>;
  /** The session's tmux id. */
  readonly getSessionId: () => string;
  readonly log: Logger;
}

/** An option of a pane or session: the arguments that name it, and its value. */
interface Entry {
  readonly target: readonly string[];
  readonly name: string;
  readonly value: string;
}

/**
 * Keeps tmux's borders and status line up to date, by user options that `config/tmux.conf` reads. Writes
 * only what changed, since each option redraws every client, and one at a time: newer values replace
 * those that wait.
 */
export class SessionBoard {
  readonly #options: SessionBoardOptions;
  /** The values that tmux has, by target and name. */
  readonly #written = new Map<string, string>();
  #wanted: readonly Entry[] = [];
  #isWriting = false;

  constructor(options: SessionBoardOptions) {
    this.#options = options;
  }

  /** Shows this state from now on; returns at once, never throws. */
  show(session: SessionDescription, presence: Presence): void {
    if (session.state !== 'running') return;
    try {
      this.#wanted = this.#entries(session, presence);
    } catch (error) {
      this.#failed(error);
      return;
    }
    if (!this.#isWriting) void this.#write();
  }

  /** Shows the drivers a message, for as long as tmux's `display-time` says. Never throws. */
  async notify(text: string): Promise<void> {
    try {
      const control = this.#options.getControl();
      const fields = { isControl: 'client_control_mode', name: 'client_name' } as const;
      const ofSession = ['-t', this.#options.getSessionId()];
      const clients = await control.rows('list-clients', fields, ofSession);
      const drivers = clients.filter(({ isControl }) => !isControl);
      // display-message expands the text once, and newer versions then look for styles in it.
      const message = shownLiterally(text.replaceAll('#[', '# [')).replaceAll('%', '%%');
      const show = (client: string) => control.ask('display-message', ['-c', client, message]);
      await Promise.all(drivers.map(({ name }) => show(name)));
    } catch (error) {
      this.#failed(error);
    }
  }

  /** Has everything written again: the session is new, or somebody may have changed options. */
  forget(): void {
    this.#written.clear();
  }

  #entries(session: SessionDescription, presence: Presence): Entry[] {
    const ofSession = entriesOf(
      ['-t', this.#options.getSessionId()],
      sessionOptions(session, presence),
    );
    const ofPanes = session.panes.flatMap((pane) =>
      pane.id === null ? [] : entriesOf(['-p', '-t', pane.id], paneOptions(pane)),
    );
    return [...ofSession, ...ofPanes];
  }

  async #write(): Promise<void> {
    this.#isWriting = true;
    try {
      for (let entry = this.#next(); entry !== undefined; entry = this.#next()) {
        const { target, name, value } = entry;
        // This is noted before the answer, so that an option that tmux refuses is not tried for ever.
        this.#written.set(keyOf(entry), value);
        await this.#options.getControl().ask('set-option', [...target, name, value]);
      }
      this.#prune();
    } catch (error) {
      this.forget();
      this.#failed(error);
    } finally {
      this.#isWriting = false;
    }
  }

  #next(): Entry | undefined {
    return this.#wanted.find((entry) => this.#written.get(keyOf(entry)) !== entry.value);
  }

  /** Forgets the options of panes that are gone. */
  #prune(): void {
    const wanted = new Set(this.#wanted.map(keyOf));
    for (const key of this.#written.keys()) if (!wanted.has(key)) this.#written.delete(key);
  }

  /** Logs a failure; the next `show` writes again, and there is one after each reconnection. */
  #failed(error: unknown): void {
    this.#options.log.debug({ reason: messageOf(error) }, 'board not written');
  }
}

function entriesOf(target: readonly string[], options: BoardOptions): Entry[] {
  return Object.entries(options).map(([name, value]) => ({
    ...{ target, name },
    value: shownLiterally(value),
  }));
}

function keyOf({ target, name }: Entry): string {
  return `${target.join(' ')} ${name}`;
}
